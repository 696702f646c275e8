{{ config(affected_column='record_id', change_columns=['record_id', 'uscc']) }}

with licences as (
    select
        record_id, role, uscc, 'administrative_licence' as contract_id, coalesce(decision_number, licence_number) as number,
        coalesce(decision_document_name, certificate_name) as title, authority_name, decision_date as record_date,
        cast(null as decimal(20, 2)) as amount_yuan, licence_state as state
    from {{ ref('credit_licence') }}
),

penalties as (
    select
        record_id, role, uscc, 'administrative_penalty' as contract_id, decision_number as number,
        coalesce(case_name, violation_type) as title, authority_name, decision_date as record_date,
        fine_amount_yuan as amount_yuan, record_state as state
    from {{ ref('credit_penalty') }}
),

complaints as (
    select
        record_id, role, uscc, 'complaint' as contract_id, complaint_number as number,
        issue_category as title, handling_unit as authority_name, {{ shanghai_date('received_at') }} as record_date,
        disputed_amount_yuan as amount_yuan, complaint_status as state
    from {{ ref('credit_complaint') }}
),

inspections as (
    select
        record_id, role, uscc, 'sampling_inspection' as contract_id, sampling_number as number,
        product_name as title, announcing_unit as authority_name, announcement_date as record_date,
        cast(null as decimal(20, 2)) as amount_yuan, conclusion as state
    from {{ ref('credit_inspection') }}
),

listings as (
    select
        record_id, role, uscc, 'list_entry' as contract_id, coalesce(entry_number, decision_number) as number,
        list_type as title, deciding_authority as authority_name, listed_date as record_date,
        cast(null as decimal(20, 2)) as amount_yuan, removal_type as state
    from {{ ref('credit_list_entry') }}
),

others as (
    select
        records.record_id, links.role, links.uscc, records.contract_id, records.number, records.title, records.authority_name,
        records.record_date, records.amount_yuan, records.state
    from {{ ref('stg_shared') }} as records
    inner join {{ ref('subject_link') }} as links on records.record_id = links.record_id
    where links.status = 'linked' and links.contract_id in ({{ listed(shared_contract_ids(having='title')) }})
),

records as (
    select * from licences
    union all
    select * from penalties
    union all
    select * from complaints
    union all
    select * from inspections
    union all
    select * from listings
    union all
    select * from others
)

select record_id, role, uscc, contract_id, number, title, authority_name, record_date, amount_yuan, state
from records
where {{ is_affected('credit_record', 'record_id') }}
