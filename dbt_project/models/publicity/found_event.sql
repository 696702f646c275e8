{#- The records that repair results and objections are about: the same document number, and the same enterprise. A number
    alone may be another's. -#}
{{ config(materialized='table') }}

with events as (
    select
        events.contract_id, events.outcome, {{ key_text('events.record_number') }} as number_key, links.uscc,
        case
            when events.record_kind = '行政处罚' then 'administrative_penalty'
            when events.record_kind = '行政许可' then 'administrative_licence'
            else 'list_entry'
        end as target_contract,
        case when events.record_kind not in ('行政处罚', '行政许可') then events.record_kind end as list_type,
        coalesce(events.decided_date, events.submitted_date) as event_date, events.business_key
    from {{ ref('record_event') }} as events
    inner join {{ ref('subject_link') }} as links on events.record_id = links.record_id
    where links.status = 'linked' and events.is_standing and events.record_number is not null
),

targets as (
    select record_id, contract_id, decision_number as number, cast(null as {{ text_type() }}) as list_type
    from {{ ref('stg_administrative_penalty') }}
    where exists (select 1 from events)
    union all
    select record_id, contract_id, coalesce(decision_number, licence_number) as number, cast(null as {{ text_type() }}) as list_type
    from {{ ref('stg_administrative_licence') }}
    where exists (select 1 from events)
    union all
    select record_id, contract_id, coalesce(decision_number, entry_number) as number, list_type
    from {{ ref('stg_list_entry') }}
    where exists (select 1 from events)
),

-- The newest repair decision counts: a repair may be taken back.
matched as (
    select
        targets.record_id, events.contract_id, events.outcome, events.event_date,
        row_number() over (
            partition by targets.record_id, events.contract_id
            order by events.event_date desc nulls last, events.business_key desc
        ) as place
    from events
    inner join targets
        on
            events.target_contract = targets.contract_id and events.number_key = {{ key_text('targets.number') }}
            and (events.list_type is null or events.list_type = targets.list_type)
    inner join {{ ref('subject_link') }} as links
        on targets.record_id = links.record_id and events.uscc = links.uscc and links.status = 'linked'
)

select
    record_id,
    max(case when contract_id = 'repair_result' and place = 1 and outcome = '准予修复' then event_date end) as repaired_date,
    max(case when contract_id = 'objection' and outcome = '撤销' then 1 else 0 end) = 1 as is_withdrawn,
    max(case when contract_id = 'objection' and outcome in ('待受理', '核查中') then 1 else 0 end) = 1 as is_under_objection
from matched
group by record_id
