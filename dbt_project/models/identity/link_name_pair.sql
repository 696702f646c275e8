{#- Pairs whose names agree in whole or in a fold of it; the strongest level of each pair and the name it rests on.
    6 the same letters, 5 the same but for 市/县 and 责任, 4 but for the legal form left out, 3 but for the region left out or
    said in other words, 2 but for both. Of several whole names in one sentence the longest is meant.
    What a large register would let grow is left out where it decides nothing: beside the enterprise that code and whole name both
    name, all others; beside the only one that bears a whole name with its place, those elsewhere who go by it without theirs; of
    many who bear one whole name, all but the first of each region that the subject may mean, and whom its code names: several stay several, the only
    one of its province stays the only one. Names without their place that very many bear are no evidence. Whoever a decision
    speaks of keeps all, since it may rule out the very one. -#}
{{ config(materialized='table') }}
{%- set whole_names = {6: 'name_key', 5: 'name_folded', 4: 'name_stem'} %}

with ruled as (
    select distinct subject_id from {{ ref('link_ruling') }}
),

subjects as (
    select
        said.subject_id,
        said.name_key,
        said.name_cell_key,
        said.name_alternatives,
        said.name_folded,
        said.name_unplaced,
        said.name_division,
        coalesce(said.division_code, '') as division_code,
        said.name_unplaced <> said.name_folded as is_placed,
        case when said.name_alternatives is null and said.name_cell_key = said.name_key and ruled.subject_id is null then 1 else 0 end as is_plain,
        case when said.code_status in ('absent', 'placeholder', 'masked') then 0 else 1 end as has_code
    from {{ ref('link_subject') }} as said
    left join ruled on said.subject_id = ruled.subject_id
    where said.name_key is not null and length(said.name_key) >= 2
),

names as (
    select
        uscc, name_key, name_folded, name_unplaced, name_stem, name_core, name_division, is_current,
        coalesce(division_code, name_division, '') as division_code,
        -- Without a place a name that agrees but for the place agrees in whole.
        name_unplaced <> name_folded as is_placed
    from {{ ref('link_sought_name') }}
),

named_by_code as (
    select subjects.subject_id, names.uscc, names.name_key
    from subjects
    inner join {{ ref('link_code_pair') }} as code_pairs on subjects.subject_id = code_pairs.subject_id
    inner join names on code_pairs.uscc = names.uscc and subjects.name_key = names.name_key
    where subjects.is_plain = 1 and code_pairs.code_level = 5
),

open_subjects as (
    select subjects.*
    from subjects
    left join named_by_code on subjects.subject_id = named_by_code.subject_id
    where named_by_code.subject_id is null
),

said_6 as (
    select subject_id, name_key as written, division_code from open_subjects
    union all
    select subject_id, name_cell_key as written, division_code from open_subjects where name_cell_key <> name_key
    union all
    select subject_id, {{ each_word('name_alternatives') }} as written, division_code
    from open_subjects
    where name_alternatives is not null
),

said_5 as (
    select subject_id, name_folded as written, division_code from open_subjects
),

said_4 as (
    select subject_id, name_folded as written, division_code from open_subjects
),

{% for level, column in whole_names.items() -%}
crowded_{{ level }} as (
    select {{ column }} as borne
    from names
    where {{ column }} is not null
    group by {{ column }}
    having count(*) > {{ var('most_namesakes', 20) }}
),

crowd_{{ level }} as (
    {%- for digits in [0, 2, 4, 6] %}
    select borne, {{ digits }} as digits, place, uscc, name_key
    from (
        select
            crowded_{{ level }}.borne,
            substr(names.division_code, 1, {{ digits }}) as place,
            names.uscc,
            names.name_key,
            row_number() over (
                partition by crowded_{{ level }}.borne, substr(names.division_code, 1, {{ digits }})
                order by names.uscc asc, names.name_key asc
            ) as place_rank
        from names
        inner join crowded_{{ level }} on names.{{ column }} = crowded_{{ level }}.borne
        where length(names.division_code) >= {{ digits }}
    ) as ranked
    where place_rank <= 5
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

{% endfor -%}
whole as (
    select subject_id, uscc, name_key, 6 as name_level from named_by_code
    {%- for level, column in whole_names.items() %}
    union all
    select said_{{ level }}.subject_id, names.uscc, names.name_key, {{ level }} as name_level
    from said_{{ level }}
    inner join names on said_{{ level }}.written = names.{{ column }}
    left join crowded_{{ level }} on said_{{ level }}.written = crowded_{{ level }}.borne
    where crowded_{{ level }}.borne is null
    union all
    select said_{{ level }}.subject_id, crowd_{{ level }}.uscc, crowd_{{ level }}.name_key, {{ level }} as name_level
    from said_{{ level }}
    inner join crowd_{{ level }} on said_{{ level }}.written = crowd_{{ level }}.borne
    where substr(said_{{ level }}.division_code, 1, crowd_{{ level }}.digits) = crowd_{{ level }}.place
    union all
    select said_{{ level }}.subject_id, names.uscc, names.name_key, {{ level }} as name_level
    from said_{{ level }}
    inner join crowded_{{ level }} on said_{{ level }}.written = crowded_{{ level }}.borne
    inner join {{ ref('link_code_pair') }} as code_pairs on said_{{ level }}.subject_id = code_pairs.subject_id
    inner join names on code_pairs.uscc = names.uscc and said_{{ level }}.written = names.{{ column }}
    {%- endfor %}
),

lone as (
    select name_key
    from names
    group by name_key
    having count(*) = 1 and max(case when is_current and name_division is not null then 1 else 0 end) = 1
),

wide_subjects as (
    select open_subjects.*
    from open_subjects
    left join lone on open_subjects.name_key = lone.name_key
    where
        lone.name_key is null
        or open_subjects.is_plain = 0
        or open_subjects.has_code = 1
        or open_subjects.subject_id in (select code_pairs.subject_id from {{ ref('link_code_pair') }} as code_pairs)
),

common_unplaced as (
    select names.name_unplaced
    from names
    where
        names.name_unplaced in (select wide_subjects.name_unplaced from wide_subjects)
        or names.name_unplaced in (select wide_subjects.name_folded from wide_subjects)
    group by names.name_unplaced
    having count(*) > {{ var('most_bearers', 60) }}
),

common_core as (
    select names.name_core
    from names
    where
        names.name_core in (select wide_subjects.name_unplaced from wide_subjects)
        or names.name_core in (select wide_subjects.name_folded from wide_subjects)
    group by names.name_core
    having count(*) > {{ var('most_bearers', 60) }}
),

pairs as (
    select subject_id, uscc, name_key, name_level from whole
    union all
    select wide_subjects.subject_id, names.uscc, names.name_key, 3 as name_level
    from wide_subjects
    inner join names on wide_subjects.name_folded = names.name_unplaced
    where length(wide_subjects.name_folded) >= 4 and names.is_placed
        and wide_subjects.name_folded not in (select name_unplaced from common_unplaced)
    union all
    select wide_subjects.subject_id, names.uscc, names.name_key, 3 as name_level
    from wide_subjects
    inner join names
        on wide_subjects.name_unplaced = names.name_unplaced and wide_subjects.name_division = names.name_division
    where wide_subjects.is_placed or names.is_placed
    union all
    select wide_subjects.subject_id, names.uscc, names.name_key, 3 as name_level
    from wide_subjects
    inner join names on wide_subjects.name_unplaced = names.name_unplaced
    where length(wide_subjects.name_unplaced) >= 4 and (wide_subjects.is_placed or names.is_placed)
        and wide_subjects.name_unplaced not in (select name_unplaced from common_unplaced)
    union all
    select wide_subjects.subject_id, names.uscc, names.name_key, 2 as name_level
    from wide_subjects
    inner join names on wide_subjects.name_folded = names.name_core
    where length(wide_subjects.name_folded) >= 3 and names.is_placed
        and wide_subjects.name_folded not in (select name_core from common_core)
    union all
    select wide_subjects.subject_id, names.uscc, names.name_key, 2 as name_level
    from wide_subjects
    inner join names on wide_subjects.name_unplaced = names.name_core
    where length(wide_subjects.name_unplaced) >= 3 and (wide_subjects.is_placed or names.is_placed)
        and wide_subjects.name_unplaced not in (select name_core from common_core)
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
