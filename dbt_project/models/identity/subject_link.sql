{{ config(
    affected_column='record_id',
    change_columns=['record_id', 'role', 'uscc']
) }}
{{ depends_on_affected('subject_link') }}

-- Whoever runs the site takes the place of candidates that are not sure, and is offered where there are none.
with taken as (
    select operators.*, operators.reason is null as is_linked
    from {{ ref('link_operator') }} as operators
    inner join {{ ref('link_settled') }} as settled on operators.subject_id = settled.subject_id
    where operators.reason is null or settled.best_uscc is null
)

select
    subjects.record_id,
    subjects.contract_id,
    subjects.business_key,
    subjects.role,
    case when taken.is_linked then taken.uscc else settled.uscc end as uscc,
    case when taken.is_linked then 'linked' when taken.subject_id is not null then 'review' else settled.status end as status,
    case when taken.subject_id is not null then 'operator' else settled.method end as method,
    case when taken.subject_id is not null then taken.reason else settled.reason end as reason,
    cast(coalesce(taken.confidence, settled.confidence) as double) as confidence,
    subjects.is_natural_person,
    coalesce(taken.uscc, settled.best_uscc) as best_uscc,
    case when taken.subject_id is not null then taken.name_agreement else settled.name_agreement end as name_agreement,
    cast(case when taken.subject_id is not null then taken.region_agreement else settled.region_agreement end as int)
        as region_agreement,
    case
        when taken.subject_id is null then settled.runner_up_uscc
        when settled.best_uscc <> taken.uscc then settled.best_uscc
        else settled.runner_up_uscc
    end as runner_up_uscc,
    cast(case when taken.subject_id is not null then taken.confidence else settled.distance end as double) as distance,
    settled.decision_number
from {{ ref('link_settled') }} as settled
inner join {{ ref('link_subject') }} as subjects on settled.subject_id = subjects.subject_id
left join taken on settled.subject_id = taken.subject_id
