{#- Every candidate with the method that would link it, the reason that forbids it, its confidence and its rank. Confidence is
    the measured share of right links at this evidence (seed link_confidence, from benchmarks/linkage). -#}
{{ config(materialized='table', sliced_by_rows_of='link_evidence') }}

with evidence as (
    select
        evidence.*,
        subjects.uscc as subject_uscc,
        subjects.code_status,
        subjects.code_clean,
        subjects.registration_number as subject_registration_number,
        case
            when subjects.code_status in ('absent', 'placeholder', 'masked') then 0
            else 1
        end as has_code,
        (select count(*) from {{ ref('enterprise_name') }}) as registered_names
    from {{ ref('link_evidence') }} as evidence
    inner join {{ ref('link_subject') }} as subjects on evidence.subject_id = subjects.subject_id
    where {{ is_in_slice('evidence.subject_id') }} and {{ is_in_slice('subjects.subject_id') }}
),

judged as (
    select
        evidence.*,
        case
            when code_level = 5 and name_agreement = 'absent' then 'code'
            when code_level = 5 and name_agreement = 'same' then 'code_and_name'
            when code_level = 5 and name_agreement <> 'other' then 'code_and_near_name'
            when code_level = 5 then 'code_other_name'
            when code_level >= 1 and name_agreement in ('same', 'folded') then 'near_code_and_name'
            when code_level >= 1 and name_agreement in ('slip', 'part') then 'near_code_and_near_name'
            when code_level = 4 and name_agreement = 'absent' then 'look_alike_code'
            when code_level = 3 and name_agreement = 'absent' then 'short_code'
            when code_level >= 1 and name_agreement = 'absent' then 'near_code'
            when code_level >= 1 then 'near_code_other_name'
            when level = 6 then 'name'
            when level = 5 then 'folded_name'
            when level = 4 then 'name_without_form'
            when level = 3 then 'name_without_region'
            when level = 2 then 'name_without_region_and_form'
            when slip_kind is not null then concat('slip_', slip_kind)
            else 'shared_characters'
        end as method
    from evidence
),

forbidden as (
    select
        judged.*,
        case
            when method in ('code_other_name', 'near_code_other_name') then 'code_name_conflict'
            when code_level = 5 and best_level = 6 and level < 5 then 'code_name_conflict'
            when code_level >= 1 and code_bearers > 1 and name_agreement not in ('same', 'folded')
                then 'several_candidates'
            when code_level >= 1 and code_level < best_code_level and name_agreement = 'absent' then 'several_candidates'
            when code_level = 0 and best_code_level >= 5 then 'code_name_conflict'
            when code_level = 0 and subject_uscc is not null then 'code_not_in_register'
            when code_level = 0 and has_code = 1 then 'code_leads_nowhere'
            when method in ('code', 'code_and_name', 'code_and_near_name', 'near_code_and_name', 'look_alike_code',
                'short_code') then null
            when method in ('near_code', 'near_code_and_near_name') then 'near_code_needs_name'
            -- Many people bear a person's name, and few of them run a business.
            when code_level = 0 and {{ is_personal_name('name_key', 'uscc') }} then 'personal_name_alone'
            when is_name_given_up = 1 then 'former_name_given_up'
            when is_head_of_longer = 1 then 'branch_is_not_head_office'
            when is_branch_of_other = 1 and level < 6 and slip_kind is null then 'branch_is_not_head_office'
            when method = 'name' and bearers_same > 1 and not (region_agreement >= 2 and bearers_in_province = 1)
                then 'several_bear_name'
            when method = 'folded_name' and (bearers_folded > 1 or is_other_kind_of_place = 1) then 'several_bear_name'
            when method = 'folded_name' and region_agreement < 0 then 'other_place'
            when method = 'folded_name' and bearers_as_written > 0 and region_agreement < 2 then 'several_bear_name'
            when method = 'name_without_form' and bearers_formless > 1 then 'several_bear_name'
            -- 吉林省金属回收 is not 吉林市金属回收有限公司: who leaves out the form writes the rest as it is, or names the place.
            when method = 'name_without_form' and is_beginning = 0 and region_agreement < 2 then 'several_bear_name'
            when method = 'name_without_form' and (region_agreement = -2 or (region_agreement < 0 and is_same_named_place = 0))
                then 'other_place'
            when method in ('folded_name', 'name_without_form') and subject_is_placed = 0 and bearers_unplaced > 1
                and not (region_agreement >= 2 and bearers_in_province = 1) then 'several_bear_name'
            when method in ('name_without_region', 'name_without_region_and_form')
                and bearers_unplaced > 1
                and not (region_agreement >= 2 and bearers_in_province = 1)
                and not (is_same_named_place = 1 and bearers_in_place = 1 and bearers_as_written <= 1)
                then 'several_bear_name'
            when method in ('name_without_region', 'name_without_region_and_form')
                and subject_is_placed = 1 and is_same_named_place = 0 then 'other_place'
            when method in ('name_without_region', 'name_without_region_and_form')
                and is_place_or_brand = 1 and region_agreement < 2 then 'several_bear_name'
            when method in ('name_without_region', 'name_without_region_and_form')
                and is_same_named_place = 0 and coalesce(length(name_brand), 0) < case when region_agreement >= 1 then 1 else 2 end
                then 'several_bear_name'
            -- 武汉 belongs to the brand of 武汉大学出版社, and a first company (第一建筑公司) is one of its place: neither does without it.
            when method in ('name_without_region', 'name_without_region_and_form') and is_same_named_place = 0
                and (name_brand like '大学%' or name_brand like '学院%' or name_brand like '第%') then 'several_bear_name'
            when method in ('name_without_region', 'name_without_region_and_form') and region_agreement < 0
                then 'other_place'
            when method in ('name', 'folded_name', 'name_without_form') and name_is_placed = 0
                and region_agreement = -2 and key_length <= 12
                -- Of 630,000 registered names in 有限公司 none was borne by two: such a name is one firm's wherever a record places it.
                and not (method = 'name' and name_form in ('有限公司', '股份有限公司') and name_branch is null) then 'other_place'
            when method like 'slip%' and registered_names < {{ var('least_names', 100000) }} then 'too_few_names_to_tell'
            when method like 'slip%' and region_agreement < 0 and is_same_named_place = 0 then 'other_place'
            when method like 'slip%' and slip_score < best_slip_score then 'several_candidates'
            when method like 'slip%' and best_level >= 2 then 'several_candidates'
            -- A slip that makes the place one of another city of the province may as well lie in the brand: 台州山江, 台州浦江.
            when method like 'slip%' and slip_zone = 'region' and is_same_named_place = 0 and name_region_agreement = -1
                then 'other_place'
            -- Of several registered names that lie as near, which one is meant the name does not say.
            when method like 'slip%' and slip_bearers > 1 then 'several_candidates'
            when method like 'slip%' and slip_is_telling = 1 then 'telling_word_differs'
            when method = 'shared_characters' then 'only_similar'
        end as reason
    from judged
),

graded as (
    select
        forbidden.*,
        case
            when method in ('name_without_region', 'name_without_region_and_form') then
                case
                    when is_same_named_place = 1 then 'same_place'
                    when bearers_unplaced > 1 then 'one_of_several'
                    when region_agreement >= 2 then 'region_agrees'
                    when region_agreement = 1 then 'province_agrees'
                    else 'without_region'
                end
            when method like 'slip%' then 'score'
            -- 北溪安康食品 and 北溪市安康食品 may both be there, and another address then says that it is the other one.
            when method = 'folded_name' and is_same_address = 0 then 'other_address'
            -- 北溪建工集团 is the registered 总公司, or the 有限公司 that nobody registered here: most often the form left out is the latter.
            when method = 'name_without_form' and name_form <> '有限公司' then 'other_form'
            else ''
        end as grade,
        -- Other firms differ in the brand, most in a short one, and they share short names without their place.
        case
            when method like 'slip%' and slip_zone = 'brand' and length(name_brand) <= {{ short_brand_end() }} then 'short_brand'
            when method like 'slip%' then slip_zone
            when placeless_length <= {{ name_band_ends('short') }} then 'short'
            when placeless_length <= {{ name_band_ends('middle') }} then 'middle'
            when placeless_length is not null then 'long'
        end as band
    from forbidden
),

rated as (
    select
        graded.subject_id,
        graded.uscc,
        max(confidence.confidence) as confidence
    from graded
    inner join {{ ref('link_confidence') }} as confidence
        on graded.method = confidence.method
        and graded.grade = coalesce(confidence.grade, '')
        and coalesce(confidence.band, '') in ('', coalesce(graded.band, ''))
        and case when graded.method like 'slip%' then graded.slip_score - graded.rivals_score
            - case when graded.region_agreement < 0 then {{ other_place_costs() }} else 0 end
        else coalesce(graded.placeless_score, 0) end
        >= confidence.minimum_score
    group by graded.subject_id, graded.uscc
)

select
    graded.*,
    coalesce(rated.confidence, 0) as confidence,
    row_number() over (
        partition by graded.subject_id
        order by
            case when graded.reason is null then 0 else 1 end asc,
            case when graded.reason = 'code_name_conflict' and graded.code_level = 5 then 0 else 1 end asc,
            coalesce(rated.confidence, 0) desc,
            graded.level desc,
            graded.region_agreement desc,
            graded.is_as_written desc,
            coalesce(graded.slip_score, -99) desc,
            coalesce(graded.shared_weight, 0) desc,
            graded.uscc asc
    ) as candidate_rank
from graded
left join rated on graded.subject_id = rated.subject_id and graded.uscc = rated.uscc
