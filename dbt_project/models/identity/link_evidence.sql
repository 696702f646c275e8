{#- All candidates of a subject with what speaks for and against each; one row per subject and enterprise. -#}
{{ config(materialized='table') }}

with described as (
    select
        pairs.*,
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
        case
            when subjects.name_key is null then 'absent'
            when pairs.name_level >= 5 then 'same'
            when (subjects.name_branch is null) <> (names.name_branch is null) and pairs.is_slip = 0 then 'other'
            when pairs.name_level >= 2 then 'folded'
            when pairs.slip_kind is not null or pairs.is_slip = 1 then 'slip'
            when pairs.is_part = 1 then 'part'
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
    from {{ ref('link_pair') }} as pairs
    inner join {{ ref('link_subject') }} as subjects on pairs.subject_id = subjects.subject_id
    left join {{ ref('enterprise_name') }} as names on pairs.uscc = names.uscc and pairs.name_key = names.name_key
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
    sum(case when slip_kind = 'missing' then 1 else 0 end) over (partition by subject_id) as gap_bearers,
    sum(case when level in (2, 3) and is_as_written = 1 then 1 else 0 end) over (partition by subject_id)
        as bearers_as_written,
    max(slip_score) over (partition by subject_id) as best_slip_score,
    max(code_level) over (partition by subject_id) as best_code_level,
    max(case when level >= 4 or is_elsewhere = 0 then level else 0 end) over (partition by subject_id) as best_level
from usable
