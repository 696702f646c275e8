{#- All candidates of a subject with what speaks for and against each; one row per subject and enterprise. -#}
{{ config(materialized='table') }}

with keys as (
    select subject_id, uscc from {{ ref('link_code_pair') }}
    union
    select subject_id, uscc from {{ ref('link_name_pair') }}
    union
    select subject_id, uscc from {{ ref('link_slip') }}
),

joined as (
    select
        keys.subject_id,
        keys.uscc,
        coalesce(code_pairs.code_level, 0) as code_level,
        coalesce(name_pairs.name_level, 0) as name_level,
        slips.slip_kind,
        slips.slip_score,
        slips.rivals,
        slips.is_apart as slip_is_apart,
        coalesce(name_pairs.name_key, slips.name_key, current_names.name_key) as name_key,
        similarity.least_share,
        similarity.most_share,
        similarity.is_apart as similarity_is_apart
    from keys
    left join {{ ref('link_code_pair') }} as code_pairs
        on keys.subject_id = code_pairs.subject_id and keys.uscc = code_pairs.uscc
    left join {{ ref('link_name_pair') }} as name_pairs
        on keys.subject_id = name_pairs.subject_id and keys.uscc = name_pairs.uscc
    left join {{ ref('link_slip') }} as slips on keys.subject_id = slips.subject_id and keys.uscc = slips.uscc
    left join {{ ref('link_similarity') }} as similarity
        on keys.subject_id = similarity.subject_id and keys.uscc = similarity.uscc
    left join {{ ref('enterprise_name') }} as current_names
        on keys.uscc = current_names.uscc and current_names.is_current
),

described as (
    select
        joined.*,
        names.is_current,
        {{ region_agreement('subjects.division_code', 'names.division_code') }} as region_agreement,
        {{ region_agreement('subjects.name_division', 'names.name_division') }} as name_region_agreement,
        case
            when subjects.name_key is null then 'absent'
            when joined.name_level >= 5 then 'same'
            when joined.name_level >= 2 then 'folded'
            when joined.slip_kind is not null then 'slip'
            when (subjects.name_branch is null) <> (names.name_branch is null) then 'other'
            when joined.similarity_is_apart = 1 then 'other'
            when joined.least_share >= 0.6 or (joined.most_share >= 0.99 and joined.least_share >= 0.3) then 'similar'
            else 'other'
        end as name_agreement,
        case
            when substr(subjects.name_region, length(subjects.name_region)) in ('市', '县', '省', '区')
                and substr(names.name_region, length(names.name_region)) in ('市', '县', '省', '区')
                and substr(subjects.name_region, length(subjects.name_region))
                <> substr(names.name_region, length(names.name_region)) then 1
            else 0
        end as is_other_kind_of_place,
        case when subjects.name_division is not null then 1 else 0 end as subject_is_placed,
        case when names.name_division is not null then 1 else 0 end as name_is_placed,
        case when (subjects.name_branch is null) <> (names.name_branch is null) then 1 else 0 end as is_branch_of_other,
        length(subjects.name_core) as core_length,
        length(subjects.name_key) as key_length,
        subjects.name_form as subject_form
    from joined
    inner join {{ ref('link_subject') }} as subjects on joined.subject_id = subjects.subject_id
    left join {{ ref('enterprise_name') }} as names on joined.uscc = names.uscc and joined.name_key = names.name_key
)

select
    described.*,
    sum(case when name_level >= 6 then 1 else 0 end) over (partition by subject_id) as bearers_same,
    sum(case when name_level >= 5 then 1 else 0 end) over (partition by subject_id) as bearers_folded,
    sum(case when name_level >= 4 then 1 else 0 end) over (partition by subject_id) as bearers_formless,
    sum(case when name_level >= 3 then 1 else 0 end) over (partition by subject_id) as bearers_unplaced,
    sum(case when name_level >= 2 then 1 else 0 end) over (partition by subject_id) as bearers_core,
    sum(case when name_level >= 2 and region_agreement >= 1 then 1 else 0 end) over (partition by subject_id)
        as bearers_in_region,
    sum(case when code_level >= 2 then 1 else 0 end) over (partition by subject_id) as code_bearers,
    max(code_level) over (partition by subject_id) as best_code_level,
    max(name_level) over (partition by subject_id) as best_name_level
from described
