{#- Warnings for everybody, by the departments they are for: one row where none is named. -#}
{{ config(affected_column='record_id', change_columns=['record_id']) }}

with receivers as (
    {{ known_receivers('public_warning') }}
)

select
    entries.record_id,
    coalesce(receivers.department, '未指定') as receiving_department,
    {{ warning_columns('entries') }},
    entries.credit_china_from_date as from_date,
    entries.credit_china_to_date as to_date,
    entries.credit_china_rule_id as rule_id,
    entries.credit_china_mark as mark
from {{ ref('public_list_entry') }} as entries
left join receivers on entries.record_id = receivers.record_id
where entries.list_type = '全网警示' and {{ is_affected('public_warning', 'record_id', 'entries.record_id') }}
