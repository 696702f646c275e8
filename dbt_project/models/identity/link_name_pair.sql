{#- Pairs whose names agree in whole or in a fold of it; the strongest level of each pair and the name it rests on.
    6 the same letters, 5 the same but for 市/县 and 责任, 4 but for the legal form left out, 3 but for the region left out or
    said in other words, 2 but for both. Of several whole names in one sentence the longest is meant. Names that very many bear are no evidence and are cut off. -#}
{{ config(materialized='table') }}

with subjects as (
    select subject_id, name_key, name_cell_key, name_alternatives, name_folded, name_unplaced, name_core, name_form, name_division
    from {{ ref('link_subject') }}
    where name_key is not null and length(name_key) >= 2
),

names as (
    select uscc, name_key, name_folded, name_unplaced, name_stem, name_core, name_division
    from {{ ref('link_sought_name') }}
),

alternatives as (
    select subject_id, {{ each_word('name_alternatives') }} as name_key
    from subjects
    where name_alternatives is not null
),

common_unplaced as (
    select names.name_unplaced
    from names
    where
        names.name_unplaced in (select subjects.name_unplaced from subjects)
        or names.name_unplaced in (select subjects.name_folded from subjects)
    group by names.name_unplaced
    having count(*) > {{ var('most_bearers', 60) }}
),

common_core as (
    select names.name_core
    from names
    where
        names.name_core in (select subjects.name_unplaced from subjects)
        or names.name_core in (select subjects.name_folded from subjects)
    group by names.name_core
    having count(*) > {{ var('most_bearers', 60) }}
),

pairs as (
    select subjects.subject_id, names.uscc, names.name_key, 6 as name_level
    from subjects
    inner join names on subjects.name_key = names.name_key
    union all
    select subjects.subject_id, names.uscc, names.name_key, 6 as name_level
    from subjects
    inner join names on subjects.name_cell_key = names.name_key
    union all
    select alternatives.subject_id, names.uscc, names.name_key, 6 as name_level
    from alternatives
    inner join names on alternatives.name_key = names.name_key
    union all
    select subjects.subject_id, names.uscc, names.name_key, 5 as name_level
    from subjects
    inner join names on subjects.name_folded = names.name_folded
    union all
    select subjects.subject_id, names.uscc, names.name_key, 4 as name_level
    from subjects
    inner join names on subjects.name_folded = names.name_stem
    union all
    select subjects.subject_id, names.uscc, names.name_key, 3 as name_level
    from subjects
    inner join names on subjects.name_folded = names.name_unplaced
    where length(subjects.name_folded) >= 4
        and subjects.name_folded not in (select name_unplaced from common_unplaced)
    union all
    select subjects.subject_id, names.uscc, names.name_key, 3 as name_level
    from subjects
    inner join names
        on subjects.name_unplaced = names.name_unplaced and subjects.name_division = names.name_division
    union all
    select subjects.subject_id, names.uscc, names.name_key, 3 as name_level
    from subjects
    inner join names on subjects.name_unplaced = names.name_unplaced
    where length(subjects.name_unplaced) >= 4
        and subjects.name_unplaced not in (select name_unplaced from common_unplaced)
    union all
    select subjects.subject_id, names.uscc, names.name_key, 2 as name_level
    from subjects
    inner join names on subjects.name_folded = names.name_core
    where length(subjects.name_folded) >= 3
        and subjects.name_folded not in (select name_core from common_core)
    union all
    select subjects.subject_id, names.uscc, names.name_key, 2 as name_level
    from subjects
    inner join names on subjects.name_unplaced = names.name_core
    where length(subjects.name_unplaced) >= 3
        and subjects.name_unplaced not in (select name_core from common_core)
),

ranked as (
    select
        pairs.*,
        row_number() over (partition by subject_id, uscc order by name_level desc, name_key asc) as pair_rank,
        max(case when name_level = 6 then length(name_key) end) over (partition by subject_id) as longest
    from pairs
)

select subject_id, uscc, name_key, name_level
from ranked
where pair_rank = 1 and (name_level < 6 or length(name_key) = longest)
