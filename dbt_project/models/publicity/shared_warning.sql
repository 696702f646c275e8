{#- Nobody outside but the department named sees a row. -#}
{{ config(affected_column='record_id', change_columns=['record_id']) }}

with receivers as (
    select distinct record_id, department
    from {{ ref('list_receiver') }}
    where department is not null and {{ is_affected('shared_warning', 'record_id') }}
)

select
    entries.record_id,
    receivers.department as receiving_department,
    entries.uscc,
    entries.subject_name,
    entries.list_type,
    entries.warning_level,
    entries.ground,
    entries.legal_basis,
    entries.decision_number,
    entries.deciding_authority,
    entries.listed_date,
    entries.valid_until_date,
    entries.departments_from_date,
    entries.departments_to_date,
    entries.departments_rule_id,
    entries.departments_mark
from {{ ref('shared_list_entry') }} as entries
inner join receivers on entries.record_id = receivers.record_id
where {{ is_affected('shared_warning', 'record_id', 'entries.record_id') }}
