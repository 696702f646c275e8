{#- What the decision on each subject rested on, so that the next build knows whom a change of the register can reach:
    whether slips were looked for; whether counts over the register speak in it (names without their place, slips: whoever lets
    other evidence depend on such counts adds it here); the fifth of its far pairs, which another name would have to reach. -#}
{{ config(materialized='incremental', affected_column='subject_id', change_columns=['subject_id']) }}
{{ depends_on_affected('link_state') }}

with found as (
    select
        subject_id,
        max(case when name_level in (2, 3) or slip_kind is not null then 1 else 0 end) as leans_on_counts,
        max(case when name_level >= 2 or slip_kind is not null then 1 else 0 end) as has_nearer
    from {{ ref('link_candidate') }}
    group by subject_id
),

far as (
    select
        subject_id, name_key, shared_weight,
        row_number() over (
            partition by subject_id order by shared_weight desc, length(name_key) asc, name_key asc, uscc asc
        ) as pair_rank
    from {{ ref('link_far_pair') }}
)

select
    subjects.subject_id,
    subjects.record_id,
    subjects.name_key,
    leftover.subject_id is not null as is_leftover,
    coalesce(found.leans_on_counts, 0) = 1 as leans_on_counts,
    leftover.subject_id is not null and coalesce(found.has_nearer, 0) = 0 as is_far,
    cast(coalesce(far.shared_weight, 0) as bigint) as far_weight,
    far.name_key as far_name_key
from {{ ref('link_subject') }} as subjects
left join {{ ref('link_leftover') }} as leftover on subjects.subject_id = leftover.subject_id
left join found on subjects.subject_id = found.subject_id
left join far on subjects.subject_id = far.subject_id and far.pair_rank = 5
