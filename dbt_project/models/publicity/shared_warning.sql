{#- Nobody outside but the department named sees a row. -#}
{{ config(affected_column='record_id', change_columns=['record_id']) }}

with receivers as (
    {{ known_receivers('shared_warning') }}
)

select
    entries.record_id,
    receivers.department as receiving_department,
    {{ warning_columns('entries') }},
    entries.departments_from_date,
    entries.departments_to_date,
    entries.departments_rule_id,
    entries.departments_mark
from {{ ref('shared_list_entry') }} as entries
inner join receivers on entries.record_id = receivers.record_id
where {{ is_affected('shared_warning', 'record_id', 'entries.record_id') }}
