{#- Warnings for everybody, by the departments they are for: one row where none is named. -#}
{{ config(affected_column='record_id', change_columns=['record_id']) }}

with receivers as (
    -- A name that the policy does not know may be anything, so it is not shown.
    select distinct record_id, department
    from {{ ref('list_receiver') }}
    where department is not null and {{ is_affected('public_warning', 'record_id') }}
)

select
    entries.record_id,
    coalesce(receivers.department, '未指定') as receiving_department,
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
    entries.credit_china_from_date as from_date,
    entries.credit_china_to_date as to_date,
    entries.credit_china_rule_id as rule_id,
    entries.credit_china_mark as mark
from {{ ref('public_list_entry') }} as entries
left join receivers on entries.record_id = receivers.record_id
where entries.list_type = '全网警示' and {{ is_affected('public_warning', 'record_id', 'entries.record_id') }}
