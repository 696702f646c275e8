{#- How much of two names agrees where a code alone has brought them together: share of the characters of each core that the
    other one has, and whether each holds a telling word (第一, 东) that the other lacks. -#}
{{ config(materialized='table') }}

with pairs as (
    select
        code_pairs.subject_id,
        code_pairs.uscc,
        subjects.name_core as subject_core,
        names.name_core
    from {{ ref('link_code_pair') }} as code_pairs
    inner join {{ ref('link_subject') }} as subjects on code_pairs.subject_id = subjects.subject_id
    inner join {{ ref('enterprise_name') }} as names on code_pairs.uscc = names.uscc and names.is_current
    left join {{ ref('link_name_pair') }} as name_pairs
        on code_pairs.subject_id = name_pairs.subject_id and code_pairs.uscc = name_pairs.uscc
    where name_pairs.subject_id is null and subjects.name_core is not null
),

subject_places as (
    select subject_id, uscc, subject_core, name_core, {{ each_up_to('length(subject_core)') }} as place
    from pairs
),

subject_characters as (
    select subject_id, uscc, name_core as other, substr(subject_core, cast(place as int), 1) as one
    from subject_places
),

name_places as (
    select subject_id, uscc, subject_core, name_core, {{ each_up_to('length(name_core)') }} as place
    from pairs
),

name_characters as (
    select subject_id, uscc, subject_core as other, substr(name_core, cast(place as int), 1) as one
    from name_places
),

of_subject as (
    select
        subject_id,
        uscc,
        avg(case when strpos(other, one) > 0 then 1.0 else 0.0 end) as share,
        max(case when strpos(other, one) = 0 and {{ is_apart_word('one') }} then 1 else 0 end) as lacks_apart
    from subject_characters
    group by subject_id, uscc
),

of_name as (
    select
        subject_id,
        uscc,
        avg(case when strpos(other, one) > 0 then 1.0 else 0.0 end) as share,
        max(case when strpos(other, one) = 0 and {{ is_apart_word('one') }} then 1 else 0 end) as lacks_apart
    from name_characters
    group by subject_id, uscc
)

select
    of_subject.subject_id,
    of_subject.uscc,
    least(of_subject.share, of_name.share) as least_share,
    greatest(of_subject.share, of_name.share) as most_share,
    of_subject.lacks_apart * of_name.lacks_apart as is_apart
from of_subject
inner join of_name on of_subject.subject_id = of_name.subject_id and of_subject.uscc = of_name.uscc
