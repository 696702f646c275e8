{#- One row per subject: the enterprise, or why there is none. `link_threshold`: links at least this sure are automatic. -#}
{{ config(materialized='table') }}

with best as (
    select * from {{ ref('link_candidate') }} where candidate_rank = 1
),

runner_up as (
    select subject_id, uscc, confidence from {{ ref('link_candidate') }} where candidate_rank = 2
)

select
    subjects.subject_id,
    case when best.reason is null and best.confidence >= {{ var('link_threshold', 0.9999) }} then best.uscc end as uscc,
    best.uscc as best_uscc,
    best.name_key as best_name_key,
    best.method,
    case
        when best.subject_id is null then 'unlinked'
        when best.reason is null and best.confidence >= {{ var('link_threshold', 0.9999) }} then 'linked'
        else 'review'
    end as status,
    case
        when best.reason is not null then best.reason
        when best.confidence < {{ var('link_threshold', 0.9999) }} then 'below_threshold'
        when best.subject_id is null then
            case
                when subjects.name_key is null and subjects.code_clean is null then 'nothing_written'
                when subjects.uscc is not null then 'code_not_in_register'
                when subjects.is_natural_person then 'natural_person'
                else 'not_in_register'
            end
    end as reason,
    coalesce(best.confidence, 0) as confidence,
    best.code_level,
    best.level as name_level,
    best.name_agreement,
    best.region_agreement,
    best.slip_kind,
    best.slip_score,
    runner_up.uscc as runner_up_uscc,
    coalesce(best.confidence, 0) - coalesce(runner_up.confidence, 0) as distance
from {{ ref('link_subject') }} as subjects
left join best on subjects.subject_id = best.subject_id
left join runner_up on subjects.subject_id = runner_up.subject_id
