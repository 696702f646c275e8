{#- Records that decisions name, with the key that all their versions share; looked up once in bronze, where a record id
    stays for good, whatever delivery counts now. An id that bronze does not hold is looked for again in every build. -#}
{{ config(affected_column='record_id', change_columns=['record_id']) }}
{{ depends_on_affected('decided_record') }}
{%- set looks = is_full_build() or not is_incremental() -%}
{%- if not looks -%}
    {%- set looks = run_query('select 1 from ' ~ ref('affected_decided_record') ~ ' limit 1').rows | length > 0 -%}
{%- endif -%}

with wanted as (
    select distinct decided_record_id as record_id
    from {{ ref('stg_link_decision') }}
    where decided_record_id is not null and {{ is_affected('decided_record', 'record_id', 'decided_record_id') }}
)

{% for contract_id in linked_contracts() -%}
select record_id, contract_id, {{ business_key_of(contract_id) }} as business_key
from {{ source('bronze', contract_id) }}
where {{ 'record_id in (select record_id from wanted)' if looks else 'false' }}
{{ 'union' if not loop.last }}
{% endfor %}
{%- for contract_id in delivered_shared_contracts() if looks %}
union
select record_id, contract_id, {{ shared_business_key(contract_id, shared_contracts()[contract_id].key) }} as business_key
from {{ delta_table('bronze/' ~ contract_id) }}
where record_id in (select record_id from wanted)
{%- endfor %}
