{#- Per pair that one slip parts and per spelling (`side`: subject or name), how usual the characters around the slip are:
    least and most usual of the pairs and triples of characters that hold it, the pair before it and the pair after it,
    as ln(1 + occurrences). `left_out` is how often the subject's own name was counted: fitting leaves it out. -#}
{{ config(materialized='table') }}

with pairs as (
    select
        near.subject_id, near.uscc, near.slip_kind, near.name_key,
        subjects.name_key as subject_key,
        case
            when near.slip_kind = 'swapped' then least(near.subject_place, near.name_place)
            when near.subject_place > 0 then near.subject_place
            else near.name_place
        end as place
    from {{ ref('link_near_pair') }} as near
    inner join {{ ref('link_subject') }} as subjects on near.subject_id = subjects.subject_id
),

sides as (
    select
        subject_id, uscc, 'subject' as side, concat('^^', subject_key, '$$') as bounded, place,
        case slip_kind when 'missing' then 0 when 'swapped' then 2 else 1 end as span
    from pairs
    union all
    select
        subject_id, uscc, 'name' as side, concat('^^', name_key, '$$') as bounded, place,
        case slip_kind when 'extra' then 0 when 'swapped' then 2 else 1 end as span
    from pairs
),

bigram_places as (
    select sides.*, {{ each_up_to('span + 1') }} as shift from sides
),

trigram_places as (
    select sides.*, {{ each_up_to('span + 2') }} as shift from sides
),

grams as (
    select subject_id, uscc, side, 'bigram' as part, substr(bounded, cast(place + shift as int), 2) as gram
    from bigram_places
    union all
    select subject_id, uscc, side, 'trigram' as part, substr(bounded, cast(place + shift - 1 as int), 3) as gram
    from trigram_places
    union all
    select subject_id, uscc, side, 'before' as part, substr(bounded, cast(place as int), 2) as gram
    from sides
    union all
    select subject_id, uscc, side, 'after' as part, substr(bounded, cast(place + span + 2 as int), 2) as gram
    from sides
),

counted as (
    select
        grams.subject_id, grams.uscc, grams.side, grams.part,
        ln(1 + greatest(coalesce(bigrams.occurrences, trigrams.occurrences, 0)
            - case when grams.side = 'subject' then {{ var('left_out', 0) }} else 0 end, 0)) as usual
    from grams
    left join {{ ref('link_bigram') }} as bigrams on grams.gram = bigrams.bigram
    left join {{ ref('link_trigram') }} as trigrams on grams.gram = trigrams.trigram
)

select
    subject_id,
    uscc,
    side,
    min(case when part = 'bigram' then usual end) as bigram_least,
    max(case when part = 'bigram' then usual end) as bigram_most,
    min(case when part = 'trigram' then usual end) as trigram_least,
    max(case when part = 'trigram' then usual end) as trigram_most,
    max(case when part = 'before' then usual end) as before_usual,
    max(case when part = 'after' then usual end) as after_usual
from counted
group by subject_id, uscc, side
