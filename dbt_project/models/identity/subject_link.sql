{{ config(
    affected_column='record_id',
    change_columns=['record_id', 'role', 'uscc']
) }}
{{ depends_on_affected('subject_link') }}

with decisions as (
    select
        subject_id, uscc, status, method, reason, confidence, best_uscc, name_agreement, region_agreement,
        runner_up_uscc, distance, cast(null as {{ text_type() }}) as decision_number
    from {{ ref('link_decision') }}
    where subject_id not in (select subject_id from {{ ref('link_ruled') }})
    union all
    select
        subject_id, uscc, status, method, reason, confidence, best_uscc, name_agreement, region_agreement,
        runner_up_uscc, distance, decision_number
    from {{ ref('link_ruled') }}
)

select
    subjects.record_id,
    subjects.contract_id,
    subjects.business_key,
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
    cast(decisions.distance as double) as distance,
    decisions.decision_number
from decisions
inner join {{ ref('link_subject') }} as subjects on decisions.subject_id = subjects.subject_id
