{{ config(affected_column='record_id', change_columns=['record_id']) }}

with links as (
    select record_id, uscc, status, reason, is_natural_person
    from {{ ref('subject_link') }}
    where {{ is_affected('held_record', 'record_id') }}
),

licences as (
    select
        record_id, contract_id, system_id, business_key,
        coalesce(counterpart_category = '自然人', false) as is_person,
        case when {{ is_withdrawn_licence() }} then 'withdrawn' end as own_reason
    from {{ ref('stg_administrative_licence') }}
),

penalties as (
    select
        record_id, contract_id, system_id, business_key,
        coalesce(counterpart_category = '自然人', false) as is_person,
        case
            when record_state = '撤销' then 'withdrawn'
            when {{ is_summary_procedure() }} then 'summary_procedure'
            when {{ is_warning_only() }} then 'warning_only'
            when decision_number is null or decision_date is null then 'number_or_date_missing'
            when counterpart_name is null then 'party_missing'
        end as own_reason
    from {{ ref('stg_administrative_penalty') }}
),

listings as (
    select
        entries.record_id, entries.contract_id, entries.system_id, entries.business_key,
        coalesce(entries.subject_category = '自然人', false) as is_person,
        case
            when entries.removal_type = '撤销' then 'withdrawn'
            when public_list.list_type is null then 'list_not_public'
        end as own_reason
    from {{ ref('stg_list_entry') }} as entries
    left join {{ ref('public_list_type') }} as public_list on entries.list_type = public_list.list_type
),

records as (
    select * from licences
    union all
    select * from penalties
    union all
    select * from listings
),

judged as (
    select
        records.record_id,
        records.contract_id,
        records.system_id,
        records.business_key,
        case
            when records.is_person then 'natural_person'
            -- A person's name under a code of its own is an individual business: public, with the name masked.
            when coalesce(links.is_natural_person, false)
                and not coalesce(links.status = 'linked' and links.uscc like '92%', false) then 'natural_person'
            when records.own_reason is not null then records.own_reason
            when links.status is null or links.status <> 'linked' or links.uscc is null then 'not_linked'
        end as reason_code,
        links.reason as link_reason
    from records
    left join links on records.record_id = links.record_id
    where {{ is_affected('held_record', 'record_id', 'records.record_id') }}
)

select
    judged.record_id,
    judged.contract_id,
    judged.system_id,
    judged.business_key,
    judged.reason_code,
    rules.rule_id,
    rules.reason_text,
    judged.link_reason
from judged
left join {{ ref('holding_rule') }} as rules on judged.reason_code = rules.reason_code
where judged.reason_code is not null
