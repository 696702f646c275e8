{#- What repair results and objections say of other records; of a lake that holds none, no row. -#}
{{ config(materialized='table') }}
-- depends_on: {{ ref('stg_shared') }}, {{ source('bronze', 'ledger') }}
{%- set delivered = delivered_shared_contracts() %}
{% if 'repair_result' in delivered -%}
select
    newest.record_id, newest.contract_id, newest.business_key, events.record_kind, events.record_number, events.record_authority,
    events.decision as outcome, events.decided_date, cast(null as date) as submitted_date,
    coalesce(events.record_state <> '撤销', true) as is_standing
from {{ delta_table('bronze/repair_result') }} as events
inner join {{ ref('stg_shared') }} as newest on events.record_id = newest.record_id
where newest.contract_id = 'repair_result'
{% endif -%}
{% if 'repair_result' in delivered and 'objection' in delivered -%}
union all
{% endif -%}
{% if 'objection' in delivered -%}
select
    newest.record_id, newest.contract_id, newest.business_key, events.record_kind, events.record_number, events.record_authority,
    case when events.objection_state in ('待受理', '核查中') then events.objection_state else events.outcome end as outcome,
    events.decided_date, events.submitted_date, coalesce(events.record_state <> '撤销', true) as is_standing
from {{ delta_table('bronze/objection') }} as events
inner join {{ ref('stg_shared') }} as newest on events.record_id = newest.record_id
where newest.contract_id = 'objection'
{% endif -%}
{% if 'repair_result' not in delivered and 'objection' not in delivered -%}
select
    record_id, contract_id, business_key, number as record_kind, number as record_number, authority_name as record_authority,
    state as outcome, record_date as decided_date, record_date as submitted_date, true as is_standing
from {{ ref('stg_shared') }}
where false
{%- endif %}
