{#- What speaks for a slip and what for another firm, per pair that one slip parts: how usual both spellings are around the
    changed character, in which part of the name it lies, whether it is a word that tells firms apart, whether the places
    agree. Weights come from the seed link_slip_weight, fitted on labelled cases (benchmarks/linkage/fit.py). -#}
{{ config(materialized='table') }}

with pairs as (
    select
        near.*,
        subjects.name_key as subject_key,
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
        {{ region_agreement('subjects.division_code', 'names.division_code') }} as region_agreement,
        {{ is_same_address('subjects.address_normalised', 'names.address') }} as is_same_address,
        case
            when near.slip_kind = 'swapped' then least(near.subject_place, near.name_place)
            when near.subject_place > 0 then near.subject_place
            else near.name_place
        end as place,
        count(*) over (partition by near.subject_id) as rivals
    from {{ ref('link_near_pair') }} as near
    inner join {{ ref('link_subject') }} as subjects on near.subject_id = subjects.subject_id
    inner join {{ ref('enterprise_name') }} as names
        on near.uscc = names.uscc and near.name_key = names.name_key
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
        subject_grams.bigram_least, subject_grams.bigram_most, subject_grams.trigram_least, subject_grams.trigram_most,
        subject_grams.before_usual, subject_grams.after_usual,
        name_grams.bigram_least as name_bigram_least, name_grams.bigram_most as name_bigram_most,
        name_grams.trigram_least as name_trigram_least, name_grams.trigram_most as name_trigram_most,
        ln(1 + coalesce(subject_characters.occurrences, 0)) as subject_character_usual,
        ln(1 + coalesce(name_characters.occurrences, 0)) as name_character_usual,
        ln(1 + coalesce(neighbours_before.occurrences, 0)) as neighbour_before_usual,
        ln(1 + coalesce(neighbours_after.occurrences, 0)) as neighbour_after_usual,
        ln(1 + greatest(coalesce(subject_brands.bearers, 0) - {{ var('left_out', 0) }}, 0)) as subject_brand_usual,
        ln(1 + greatest(coalesce(name_brands.bearers, 0) - 1
            - case when pairs.subject_brand = pairs.name_brand then {{ var('left_out', 0) }} else 0 end, 0)) as name_brand_usual
    from pairs
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
        on substr(pairs.subject_key, cast(pairs.place + case pairs.slip_kind when 'missing' then 0 when 'swapped' then 2 else 1 end as int), 1)
        = neighbours_after.character_text
    left join brands as subject_brands on pairs.subject_brand = subject_brands.name_brand
    left join brands as name_brands on pairs.name_brand = name_brands.name_brand
),

zoned as (
    select
        counted.*,
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
        case when {{ is_telling_slip('slip_kind', 'subject_character', 'name_character') }} then 1 else 0 end as is_telling,
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
)

select
    features.*,
    {{ weighted(slip_evidence(), 'features', 'weights') }} as slip_score
from features
inner join {{ ref('link_slip_weight') }} as weights on features.slip_kind = weights.slip_kind
