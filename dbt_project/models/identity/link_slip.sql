{#- What speaks for a slip and what for another firm, per pair that one slip parts: how usual the neighbours of the
    changed character are in both spellings, in which part of the name it lies, whether it is a word that tells firms apart,
    whether the places agree. Weights come from the seed link_slip_weight, fitted on labelled cases (benchmarks/linkage). -#}
{{ config(materialized='table') }}

with pairs as (
    select
        near.*,
        concat('^', subjects.name_key, '$') as subject_bounded,
        concat('^', near.name_key, '$') as name_bounded,
        subjects.name_key as subject_key,
        subjects.name_form as subject_form,
        subjects.name_division as subject_name_division,
        names.name_form,
        names.name_division,
        names.name_brand_start,
        names.name_trade_start,
        names.name_form_start,
        {{ region_agreement('subjects.division_code', 'names.division_code') }} as region_agreement,
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

bigrams as (
    select
        pairs.*,
        substr(subject_bounded, place, 2) as subject_first,
        substr(subject_bounded, place + case slip_kind when 'missing' then 0 else 1 end, 2) as subject_second,
        substr(subject_bounded, place + case slip_kind when 'missing' then 0 when 'swapped' then 2 else 1 end, 2)
            as subject_third,
        substr(name_bounded, place, 2) as name_first,
        substr(name_bounded, place + case slip_kind when 'extra' then 0 when 'swapped' then 2 else 1 end, 2)
            as name_third
    from pairs
),

counted as (
    select
        bigrams.*,
        ln(1 + coalesce(first_counts.occurrences, 0)) as subject_first_log,
        ln(1 + coalesce(second_counts.occurrences, 0)) as subject_second_log,
        ln(1 + coalesce(third_counts.occurrences, 0)) as subject_third_log,
        ln(1 + coalesce(name_first_counts.occurrences, 0)) as name_first_log,
        ln(1 + coalesce(name_third_counts.occurrences, 0)) as name_third_log,
        ln(1 + coalesce(subject_characters.occurrences, 0)) as subject_character_log,
        ln(1 + coalesce(name_characters.occurrences, 0)) as name_character_log
    from bigrams
    left join {{ ref('link_bigram') }} as first_counts on bigrams.subject_first = first_counts.bigram
    left join {{ ref('link_bigram') }} as second_counts on bigrams.subject_second = second_counts.bigram
    left join {{ ref('link_bigram') }} as third_counts on bigrams.subject_third = third_counts.bigram
    left join {{ ref('link_bigram') }} as name_first_counts on bigrams.name_first = name_first_counts.bigram
    left join {{ ref('link_bigram') }} as name_third_counts on bigrams.name_third = name_third_counts.bigram
    left join {{ ref('link_character') }} as subject_characters
        on bigrams.subject_character = subject_characters.character_text
    left join {{ ref('link_character') }} as name_characters
        on bigrams.name_character = name_characters.character_text
),

zoned as (
    select
        counted.*,
        least(subject_first_log, subject_second_log, subject_third_log) as least_log,
        greatest(subject_first_log, subject_second_log, subject_third_log) as most_log,
        case
            when place <= name_brand_start then 'region'
            when place <= name_trade_start then 'brand'
            when place <= name_form_start then 'trade'
            else 'form'
        end as zone,
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
                subject_character = substr(subject_bounded, place, 1)
                or subject_character = substr(subject_bounded, place + 2, 1)
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
    {{ slip_score('features', 'weights') }} as slip_score
from features
inner join {{ ref('link_slip_weight') }} as weights on features.slip_kind = weights.slip_kind
