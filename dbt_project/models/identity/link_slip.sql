{#- What speaks for a slip and what for another firm, per pair that one slip parts: how usual both spellings are around the
    changed character, in which part of the name it lies, whether it is a word that tells firms apart, whether the places
    agree. Weights come from the seed link_slip_weight, fitted on labelled cases (benchmarks/linkage/fit.py). -#}
{{ config(materialized='table') }}

with near as (
    select
        slips.*,
        subjects.name_key as subject_key,
        {{ holds_unreadable('subjects.name_raw') }} as is_unreadable,
        subjects.name_form as subject_form,
        subjects.name_brand as subject_brand,
        subjects.name_division as subject_name_division,
        names.name_form,
        names.name_brand,
        names.name_branch,
        names.name_division,
        names.name_brand_start,
        names.name_trade_start,
        names.name_form_start,
        {{ region_agreement('subjects.division_code', 'coalesce(names.division_code, names.name_division)') }} as region_agreement,
        {{ is_same_address('subjects.address_normalised', 'names.address') }} as is_same_address,
        case
            when slips.slip_kind = 'swapped' then least(slips.subject_place, slips.name_place)
            when slips.subject_place > 0 then slips.subject_place
            else slips.name_place
        end as place,
        count(*) over (partition by slips.subject_id) as rivals
    from {{ ref('link_near_pair') }} as slips
    inner join {{ ref('link_subject') }} as subjects on slips.subject_id = subjects.subject_id
    inner join {{ ref('enterprise_name') }} as names
        on slips.uscc = names.uscc and slips.name_key = names.name_key
),

pairs as (
    select
        near.*,
        case
            when place <= name_brand_start or place > name_trade_start then null
            when place = name_brand_start + 1 then 'first'
            when place = name_trade_start then 'last'
            else 'inner'
        end as place_in_brand
    from near
),

brand_letters as (
    select character_text, sum(bearers) as bearers from {{ ref('link_brand_character') }} group by character_text
),

brands as (
    select name_brand, count(*) as bearers
    from {{ ref('enterprise_name') }}
    where name_brand in (select subject_brand from pairs) or name_brand in (select name_brand from pairs)
    group by name_brand
),

counted as (
    select
        pairs.*,
        frames.frame_usual, frames.head_of_two_usual, frames.head_of_three_usual,
        subject_grams.bigram_least, subject_grams.bigram_most, subject_grams.trigram_least, subject_grams.trigram_most,
        subject_grams.before_usual, subject_grams.after_usual,
        name_grams.bigram_least as name_bigram_least, name_grams.bigram_most as name_bigram_most,
        name_grams.trigram_least as name_trigram_least, name_grams.trigram_most as name_trigram_most,
        ln(1 + coalesce(subject_characters.occurrences, 0)) as subject_character_usual,
        ln(1 + coalesce(name_characters.occurrences, 0)) as name_character_usual,
        ln(1 + coalesce(neighbours_before.occurrences, 0)) as neighbour_before_usual,
        ln(1 + coalesce(neighbours_after.occurrences, 0)) as neighbour_after_usual,
        case when subject_sounds.sound = name_sounds.sound and slip_kind = 'wrong' then 1 else 0 end as is_sound_alike,
        greatest(coalesce(subject_there.bearers, 0) - {{ var('left_out', 0) }}, 0) as subject_there_bearers,
        coalesce(name_there.bearers, 0) as name_there_bearers,
        greatest(coalesce(subject_letters.bearers, 0) - {{ var('left_out', 0) }}, 0) as subject_letter_bearers,
        ln(1 + greatest(coalesce(subject_brands.bearers, 0) - {{ var('left_out', 0) }}, 0)) as subject_brand_usual,
        ln(1 + greatest(coalesce(name_brands.bearers, 0) - 1
            - case when pairs.subject_brand = pairs.name_brand then {{ var('left_out', 0) }} else 0 end, 0)) as name_brand_usual
    from pairs
    inner join {{ ref('link_slip_frame') }} as frames
        on pairs.subject_id = frames.subject_id and pairs.uscc = frames.uscc
    inner join {{ ref('link_slip_gram') }} as subject_grams
        on pairs.subject_id = subject_grams.subject_id and pairs.uscc = subject_grams.uscc
        and subject_grams.side = 'subject'
    inner join {{ ref('link_slip_gram') }} as name_grams
        on pairs.subject_id = name_grams.subject_id and pairs.uscc = name_grams.uscc and name_grams.side = 'name'
    left join {{ ref('link_character') }} as subject_characters
        on pairs.subject_character = subject_characters.character_text
    left join {{ ref('link_character') }} as name_characters
        on pairs.name_character = name_characters.character_text
    left join {{ ref('link_character') }} as neighbours_before
        on substr(concat('^', pairs.subject_key), cast(pairs.place as int), 1) = neighbours_before.character_text
    left join {{ ref('link_character') }} as neighbours_after
        on {{ character_after_slip('pairs.') }} = neighbours_after.character_text
    left join {{ ref('link_character_sound') }} as subject_sounds
        on pairs.subject_character = subject_sounds.character_text
    left join {{ ref('link_character_sound') }} as name_sounds on pairs.name_character = name_sounds.character_text
    left join {{ ref('link_brand_character') }} as subject_there
        on pairs.subject_character = subject_there.character_text and pairs.place_in_brand = subject_there.position
    left join {{ ref('link_brand_character') }} as name_there
        on pairs.name_character = name_there.character_text and pairs.place_in_brand = name_there.position
    left join brand_letters as subject_letters on pairs.subject_character = subject_letters.character_text
    left join brands as subject_brands on pairs.subject_brand = subject_brands.name_brand
    left join brands as name_brands on pairs.name_brand = name_brands.name_brand
),

zoned as (
    select
        counted.*,
        case when place_in_brand is null then 0.0 else ln(1 + subject_there_bearers) end as subject_character_there,
        case when place_in_brand is null then 0.0 else ln(1 + name_there_bearers) end as name_character_there,
        case when place_in_brand is null then 0.0 else ln(1 + subject_letter_bearers) end as subject_character_in_brands,
        case when place = name_trade_start then 1 else 0 end as is_last_of_brand,
        case when name_branch is not null and place > length(name_key) - length(name_branch) then 1 else 0 end as is_in_branch,
        {{ character_after_slip() }} as next_character,
        case
            when place <= name_brand_start then 'region'
            when place <= name_trade_start then 'brand'
            when place <= name_form_start then 'trade'
            else 'form'
        end as zone,
        case when place = name_brand_start + 1 then 1 else 0 end as is_first_of_brand,
        case when name_trade_start - name_brand_start <= 2 then 1 else 0 end as is_short_brand,
        case when {{ is_apart_word('subject_character') }} or {{ is_apart_word('name_character') }} then 1 else 0 end
            as is_apart,
        case when is_unreadable or {{ is_telling_slip('slip_kind', 'subject_character', 'name_character') }} then 1 else 0 end as is_telling,
        case when subject_name_division <> name_division then 1 else 0 end as is_other_place,
        case when subject_name_division is null and name_division is not null then 1 else 0 end as is_place_lost,
        case when subject_form is null and name_form is not null then 1 else 0 end as is_form_lost,
        case when subject_form <> name_form then 1 else 0 end as is_other_form,
        case
            when slip_kind = 'extra' and (
                (place > 1 and subject_character = substr(subject_key, cast(place as int) - 1, 1))
                or subject_character = substr(subject_key, cast(place as int) + 1, 1)
            ) then 1 else 0
        end as is_doubled
    from counted
),

features as (
    select
        subject_id, uscc, name_key, subject_key, slip_kind, subject_character, name_character, zone, place, rivals,
        region_agreement, is_telling, is_apart,
        {{ slip_features() }}
    from zoned
),

scored as (
    select
        features.*,
        {{ weighted(slip_evidence(), slip_pairs(), 'features', 'weights') }} as slip_score
    from features
    inner join {{ ref('link_slip_weight') }} as weights on features.slip_kind = weights.slip_kind
)

-- `rivals_score`: what the others that lie as near take away; of several one is meant, or none.
select
    scored.*,
    ln(1 + greatest(sum(exp(least(slip_score, 30))) over (partition by subject_id) - exp(least(slip_score, 30)), 0))
        as rivals_score
from scored
