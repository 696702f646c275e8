{{ config(affected_column='record_id', change_columns=['record_id', 'role', 'uscc']) }}
{{ depends_on_affected('subject_link') }}

select
    subjects.record_id,
    subjects.contract_id,
    subjects.role,
    decisions.uscc,
    decisions.status,
    decisions.method,
    decisions.reason,
    cast(decisions.confidence as double) as confidence,
    subjects.is_natural_person,
    decisions.best_uscc,
    decisions.name_agreement,
    cast(decisions.region_agreement as int) as region_agreement,
    decisions.runner_up_uscc,
    cast(decisions.distance as double) as distance
from {{ ref('link_decision') }} as decisions
inner join {{ ref('link_subject') }} as subjects on decisions.subject_id = subjects.subject_id
