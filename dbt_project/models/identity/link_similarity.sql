{#- Whether two names that only a code has brought together can be one name: one slip apart as a whole, folded or without
    region and form, or the one a part of the other. Anything less is another firm's name. -#}
{{ config(materialized='table') }}

with pairs as (
    select
        code_pairs.subject_id,
        code_pairs.uscc,
        subjects.name_key as subject_key,
        subjects.name_folded as subject_folded,
        subjects.name_core as subject_core,
        subjects.name_unplaced as subject_unplaced,
        names.name_key,
        names.name_folded,
        names.name_core
    from {{ ref('link_code_pair') }} as code_pairs
    inner join {{ ref('link_subject') }} as subjects on code_pairs.subject_id = subjects.subject_id
    inner join {{ ref('enterprise_name') }} as names on code_pairs.uscc = names.uscc
    left join {{ ref('link_name_pair') }} as name_pairs
        on code_pairs.subject_id = name_pairs.subject_id and code_pairs.uscc = name_pairs.uscc
    where name_pairs.subject_id is null and subjects.name_key is not null
),

texts as (
    select subject_id, uscc, subject_key as subject_text, name_key as name_text from pairs
    union all
    select subject_id, uscc, subject_folded as subject_text, name_folded as name_text from pairs
),

subject_places as (
    select subject_id, uscc, subject_text, {{ each_up_to('length(subject_text)') }} as place from texts
),

name_places as (
    select subject_id, uscc, name_text, {{ each_up_to('length(name_text)') }} as place from texts
),

subject_cuts as (
    select subject_id, uscc, place, substr(subject_text, cast(place as int), 1) as lost,
        {{ without_character('subject_text', 'place') }} as slip_key
    from subject_places
    union all
    select subject_id, uscc, 0 as place, '' as lost, subject_text as slip_key from texts
),

name_cuts as (
    select subject_id, uscc, place, substr(name_text, cast(place as int), 1) as lost,
        {{ without_character('name_text', 'place') }} as slip_key
    from name_places
    union all
    select subject_id, uscc, 0 as place, '' as lost, name_text as slip_key from texts
),

slips as (
    select
        subject_cuts.subject_id,
        subject_cuts.uscc,
        max(case
            when {{ is_apart_word('subject_cuts.lost', widely=false) }} and {{ is_apart_word('name_cuts.lost', widely=false) }} then 1 else 0
        end) as is_apart
    from subject_cuts
    inner join name_cuts
        on subject_cuts.subject_id = name_cuts.subject_id
        and subject_cuts.uscc = name_cuts.uscc
        and subject_cuts.slip_key = name_cuts.slip_key
    where
        subject_cuts.place = 0 or name_cuts.place = 0 or subject_cuts.place = name_cuts.place
        or subject_cuts.lost = name_cuts.lost
    group by subject_cuts.subject_id, subject_cuts.uscc
),

contained as (
    select distinct subject_id, uscc
    from pairs
    where
        length(subject_unplaced) >= 2
        and (
            strpos(name_core, subject_core) = 1
            or strpos(name_key, subject_key) > 0
        )
        and 2 * length(subject_unplaced) >= length(name_core)
)

select
    pairs.subject_id,
    pairs.uscc,
    max(case when slips.is_apart = 0 then 1 else 0 end) as is_slip,
    max(coalesce(slips.is_apart, 0)) as is_apart,
    max(case when contained.subject_id is not null then 1 else 0 end) as is_part
from pairs
left join slips on pairs.subject_id = slips.subject_id and pairs.uscc = slips.uscc
left join contained on pairs.subject_id = contained.subject_id and pairs.uscc = contained.uscc
group by pairs.subject_id, pairs.uscc
