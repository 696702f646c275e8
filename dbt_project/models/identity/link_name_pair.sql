{#- Pairs whose names agree in whole or in a fold of it; the strongest level of each pair and the name it rests on.
    6 the same letters, 5 the same but for 市/县 and 责任, 4 but for the legal form left out (`link_whole_pair`), 3 but for the
    region left out or said in other words, 2 but for both. Of several whole names in one sentence the longest is meant.
    Names without their place that very many bear are no evidence. What a large register would let grow is left out where it
    decides nothing: beside the enterprise that code and whole name both name, all others; beside the only one that bears a whole
    name with its place, those elsewhere who go by it without theirs (`link_name_subject`). -#}
{{ config(materialized='table') }}
{%- set is_placed = 'names.name_unplaced <> names.name_folded' %}
{%- set one_is_placed = 'wide.name_unplaced <> wide.name_folded or names.name_unplaced <> names.name_folded' %}

{% for text in ['unplaced', 'core'] -%}
{{ 'with ' if loop.first }}common_{{ text }} as (
    select names.name_{{ text }}
    from {{ ref('link_sought_name') }} as names
    where
        {%- for said in ['name_unplaced', 'name_folded'] %}
        {{ 'or ' if not loop.first }}names.name_{{ text }} in (
            select wide.{{ said }} from {{ ref('link_name_subject') }} as wide where wide.is_wide = 1
        )
        {%- endfor %}
    group by names.name_{{ text }}
    having count(*) > {{ var('most_bearers', 60) }}
),

{% endfor -%}
pairs as (
    select subject_id, uscc, name_key, name_level from {{ ref('link_whole_pair') }}
    union all
    select wide.subject_id, names.uscc, names.name_key, 3 as name_level
    from {{ ref('link_name_subject') }} as wide
    inner join {{ ref('link_sought_name') }} as names on wide.name_folded = names.name_unplaced
    where wide.is_wide = 1 and length(wide.name_folded) >= 4 and {{ is_placed }}
        and wide.name_folded not in (select name_unplaced from common_unplaced)
    union all
    select wide.subject_id, names.uscc, names.name_key, 3 as name_level
    from {{ ref('link_name_subject') }} as wide
    inner join {{ ref('link_sought_name') }} as names
        on wide.name_unplaced = names.name_unplaced and wide.name_division = names.name_division
    where wide.is_wide = 1 and ({{ one_is_placed }})
    union all
    select wide.subject_id, names.uscc, names.name_key, 3 as name_level
    from {{ ref('link_name_subject') }} as wide
    inner join {{ ref('link_sought_name') }} as names on wide.name_unplaced = names.name_unplaced
    where wide.is_wide = 1 and length(wide.name_unplaced) >= 4 and ({{ one_is_placed }})
        and wide.name_unplaced not in (select name_unplaced from common_unplaced)
    union all
    select wide.subject_id, names.uscc, names.name_key, 2 as name_level
    from {{ ref('link_name_subject') }} as wide
    inner join {{ ref('link_sought_name') }} as names on wide.name_folded = names.name_core
    where wide.is_wide = 1 and length(wide.name_folded) >= 3 and {{ is_placed }}
        and wide.name_folded not in (select name_core from common_core)
    union all
    select wide.subject_id, names.uscc, names.name_key, 2 as name_level
    from {{ ref('link_name_subject') }} as wide
    inner join {{ ref('link_sought_name') }} as names on wide.name_unplaced = names.name_core
    where wide.is_wide = 1 and length(wide.name_unplaced) >= 3 and ({{ one_is_placed }})
        and wide.name_unplaced not in (select name_core from common_core)
),

-- The highest level and then the first name: the least of both in one text (9 less the level), so that nothing need be sorted.
strongest as (
    select subject_id, uscc, min(concat(substr('876543', name_level, 1), name_key)) as level_and_name
    from pairs
    group by subject_id, uscc
),

longest as (
    select whole.subject_id, max(length(whole.name_key)) as longest
    from {{ ref('link_whole_pair') }} as whole
    inner join {{ ref('link_name_subject') }} as said on whole.subject_id = said.subject_id
    where whole.name_level = 6 and said.is_one_text = 0
    group by whole.subject_id
)

select subject_id, settled_uscc as uscc, name_key, 6 as name_level
from {{ ref('link_name_subject') }}
where settled_uscc is not null
union all
select
    strongest.subject_id,
    strongest.uscc,
    substr(level_and_name, 2) as name_key,
    9 - cast(substr(level_and_name, 1, 1) as int) as name_level
from strongest
left join longest on strongest.subject_id = longest.subject_id
where longest.longest is null or substr(level_and_name, 1, 1) <> '3' or length(level_and_name) - 1 = longest.longest
