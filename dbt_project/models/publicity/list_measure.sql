{#- What follows from an entry while it stands, by the measures that were in force on the day of listing. A later measure does
    not reach back. -#}
{{ config(affected_column='record_id', change_columns=['record_id']) }}

with standing as (
    select record_id, uscc, list_type, listed_date
    from {{ ref('public_list_entry') }}
    where removed_date is null and {{ is_affected('list_measure', 'record_id') }}
)

select
    standing.record_id,
    measures.rule_id as measure_id,
    standing.uscc,
    standing.list_type,
    standing.listed_date,
    measures.text as measure,
    measures.executing_department,
    measures.source,
    measures.mark
from standing
inner join {{ ref('policy_measure') }} as measures
    on standing.list_type = measures.list_type and {{ is_in_force('measures', 'standing.listed_date') }}
