{#- All candidates of a subject with what speaks for and against each; one row per subject and enterprise. -#}
{{ config(materialized='table') }}

with keys as (
    select subject_id, uscc from {{ ref('link_code_pair') }}
    union
    select subject_id, uscc from {{ ref('link_name_pair') }}
    union
    select subject_id, uscc from {{ ref('link_slip') }}
    union
    select subject_id, uscc from {{ ref('link_far_pair') }}
),

joined as (
    select
        keys.subject_id,
        keys.uscc,
        coalesce(code_pairs.code_level, 0) as code_level,
        coalesce(name_pairs.name_level, 0) as name_level,
        slips.slip_kind,
        slips.slip_score,
        slips.rivals_score,
        slips.is_telling as slip_is_telling,
        slips.zone as slip_zone,
        coalesce(name_pairs.name_key, slips.name_key, far_pairs.name_key, current_names.name_key) as name_key,
        coalesce(similarity.is_slip, 0) as is_slip,
        coalesce(similarity.is_part, 0) as is_part,
        far_pairs.shared_weight,
        placeless.placeless_score,
        placeless.length as placeless_length
    from keys
    left join {{ ref('link_code_pair') }} as code_pairs
        on keys.subject_id = code_pairs.subject_id and keys.uscc = code_pairs.uscc
    left join {{ ref('link_name_pair') }} as name_pairs
        on keys.subject_id = name_pairs.subject_id and keys.uscc = name_pairs.uscc
    left join {{ ref('link_slip') }} as slips on keys.subject_id = slips.subject_id and keys.uscc = slips.uscc
    left join {{ ref('link_far_pair') }} as far_pairs
        on keys.subject_id = far_pairs.subject_id and keys.uscc = far_pairs.uscc
    left join {{ ref('link_similarity') }} as similarity
        on keys.subject_id = similarity.subject_id and keys.uscc = similarity.uscc
    left join {{ ref('link_placeless') }} as placeless
        on keys.subject_id = placeless.subject_id and keys.uscc = placeless.uscc
    left join {{ ref('enterprise_name') }} as current_names
        on keys.uscc = current_names.uscc and current_names.is_current
),

described as (
    select
        joined.*,
        names.is_current,
        case
            when names.is_current = false
                and {{ days_between('names.given_up_on', 'subjects.record_date') }}
                > (select days from {{ ref('link_rule') }} where measure = 'former_name_grace') then 1
            else 0
        end as is_name_given_up,
        names.name_brand,
        names.name_branch,
        names.name_form,
        {{ region_agreement('subjects.division_code', 'coalesce(names.division_code, names.name_division)') }} as region_agreement,
        {{ region_agreement('subjects.name_division', 'names.name_division') }} as name_region_agreement,
        case when subjects.name_division = names.name_division then 1 else 0 end as is_same_named_place,
        case when joined.name_level = 5 then {{ is_same_address('subjects.address_normalised', 'names.address') }} end
            as is_same_address,
        case
            when subjects.name_key is null then 'absent'
            when joined.name_level >= 5 then 'same'
            when (subjects.name_branch is null) <> (names.name_branch is null) and joined.is_slip = 0 then 'other'
            when joined.name_level >= 2 then 'folded'
            when joined.slip_kind is not null or joined.is_slip = 1 then 'slip'
            when joined.is_part = 1 then 'part'
            else 'other'
        end as name_agreement,
        case
            when substr(subjects.name_region, length(subjects.name_region), 1) in ('市', '县', '省', '区')
                and substr(names.name_region, length(names.name_region), 1) in ('市', '县', '省', '区')
                and substr(subjects.name_region, length(subjects.name_region), 1)
                <> substr(names.name_region, length(names.name_region), 1) then 1
            else 0
        end as is_other_kind_of_place,
        case
            when subjects.name_division is null or subjects.name_folded in (names.name_unplaced, names.name_core) then 0
            else 1
        end as subject_is_placed,
        case when subjects.name_folded in (names.name_unplaced, names.name_core) then 1 else 0 end as is_as_written,
        case when strpos(names.name_key, subjects.name_key) = 1 then 1 else 0 end as is_beginning,
        -- 九龙实业有限公司: the county of 九龙, or a brand that reads like it; one word beside it tells nothing.
        case
            when names.name_trade_start = names.name_form_start and substr(subjects.name_division, 5, 2) <> '00'
                and subjects.name_folded not in (names.name_unplaced, names.name_core)
                and substr(subjects.name_region, length(subjects.name_region), 1) not in ('市', '县', '区', '旗')
                then 1
            else 0
        end as is_place_or_brand,
        case when names.name_division is not null then 1 else 0 end as name_is_placed,
        case when (subjects.name_branch is null) <> (names.name_branch is null) then 1 else 0 end as is_branch_of_other,
        -- 某某公司(兰州)西固分公司 in a sentence is not 某某公司.
        case when {{ goes_on_to_branch('subjects.name_alternatives', 'names.name_key') }} then 1 else 0 end as is_head_of_longer,
        case
            when names.name_form in ('有限公司', '股份有限公司', '公司', '总公司') and names.name_branch is null
                and coalesce(subjects.name_form, '') not in ('有限公司', '股份有限公司', '公司', '总公司', '分公司', '支公司')
                then 1
            else 0
        end as is_company_form_lost,
        length(subjects.name_key) as key_length
    from joined
    inner join {{ ref('link_subject') }} as subjects on joined.subject_id = subjects.subject_id
    left join {{ ref('enterprise_name') }} as names on joined.uscc = names.uscc and joined.name_key = names.name_key
),

usable as (
    select
        described.*,
        case
            when name_level in (2, 4) and is_company_form_lost = 0 then 0
            -- A slip in the place says more than another place would.
            when name_level in (2, 3) and slip_kind is not null and subject_is_placed = 1 and is_same_named_place = 0 then 0
            else name_level
        end as level,
        case when subject_is_placed = 1 and is_same_named_place = 0 and name_region_agreement < 0 then 1 else 0 end as is_elsewhere
    from described
)

select
    usable.*,
    sum(case when level >= 6 then 1 else 0 end) over (partition by subject_id) as bearers_same,
    sum(case when level >= 5 then 1 else 0 end) over (partition by subject_id) as bearers_folded,
    sum(case when level >= 4 then 1 else 0 end) over (partition by subject_id) as bearers_formless,
    sum(case when level >= 4 or (level >= 2 and is_elsewhere = 0) then 1 else 0 end) over (partition by subject_id)
        as bearers_unplaced,
    sum(case when level >= 2 and region_agreement >= 1 then 1 else 0 end) over (partition by subject_id)
        as bearers_in_province,
    sum(case when code_level >= 1 and name_agreement in ('absent', 'same', 'folded', 'slip', 'part') then 1 else 0 end)
        over (partition by subject_id) as code_bearers,
    sum(case when level >= 2 and is_same_named_place = 1 then 1 else 0 end) over (partition by subject_id)
        as bearers_in_place,
    sum(case when slip_kind is not null then 1 else 0 end) over (partition by subject_id) as slip_bearers,
    sum(case when level in (2, 3) and is_as_written = 1 then 1 else 0 end) over (partition by subject_id)
        as bearers_as_written,
    max(slip_score) over (partition by subject_id) as best_slip_score,
    max(code_level) over (partition by subject_id) as best_code_level,
    max(case when level >= 4 or is_elsewhere = 0 then level else 0 end) over (partition by subject_id) as best_level
from usable
