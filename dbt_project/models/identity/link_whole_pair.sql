{#- Pairs whose names agree in whole or in a fold of it, of subjects whom code and name together have not settled: 6 the same letters,
    5 the same but for 市/县 and 责任, 4 but for the legal form left out. A pair that agrees in more is not said again for less.
    Of many who bear one whole name, all but the first of each region that the subject may mean, and whom its code names, are
    left out: several stay several, the only one of its province stays the only one. -#}
{{ config(materialized='table') }}
{%- set whole_names = {6: 'name_key', 5: 'name_folded', 4: 'name_stem'} %}
{%- set place = "coalesce(names.division_code, names.name_division, '')" %}

with said_6 as (
    select subject_id, name_key as written, name_key, coalesce(division_code, '') as division_code
    from {{ ref('link_name_subject') }}
    where settled_uscc is null
    union all
    select subject_id, name_cell_key as written, name_key, coalesce(division_code, '') as division_code
    from {{ ref('link_name_subject') }}
    where settled_uscc is null and name_cell_key <> name_key
    union all
    select subject_id, {{ each_word('name_alternatives') }} as written, name_key, coalesce(division_code, '') as division_code
    from {{ ref('link_name_subject') }}
    where settled_uscc is null and name_alternatives is not null
),
{% for level in [5, 4] %}
said_{{ level }} as (
    select subject_id, name_folded as written, name_key, coalesce(division_code, '') as division_code
    from {{ ref('link_name_subject') }}
    where settled_uscc is null and name_folded is not null
),
{% endfor %}
{#- Who bear a name in whole bear its fold, too: what is crowded in whole is sought among what is crowded in the fold. -#}
{% for level in [5, 6, 4] %}
crowded_{{ level }} as (
    select {{ whole_names[level] }} as borne
    from {{ ref('link_sought_name') }}
    where {{ whole_names[level] }} is not null
        {%- if level == 6 %} and name_folded in (select crowded_5.borne from crowded_5){% endif %}
    group by {{ whole_names[level] }}
    having count(*) > {{ var('most_namesakes', 20) }}
),

crowd_{{ level }} as (
    {%- for digits in [0, 2, 4, 6] %}
    select borne, {{ digits }} as digits, place, uscc, name_key
    from (
        select
            crowded_{{ level }}.borne,
            substr({{ place }}, 1, {{ digits }}) as place,
            names.uscc,
            names.name_key,
            row_number() over (
                partition by crowded_{{ level }}.borne, substr({{ place }}, 1, {{ digits }})
                order by names.uscc asc, names.name_key asc
            ) as place_rank
        from {{ ref('link_sought_name') }} as names
        inner join crowded_{{ level }} on names.{{ whole_names[level] }} = crowded_{{ level }}.borne
        where length({{ place }}) >= {{ digits }}
    ) as ranked
    where place_rank <= 5
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),
{% endfor %}
pairs as (
    {%- for level, column in whole_names.items() %}
    select said_{{ level }}.subject_id, names.uscc, names.name_key, {{ level }} as name_level
    from said_{{ level }}
    inner join {{ ref('link_sought_name') }} as names on said_{{ level }}.written = names.{{ column }}
    left join crowded_{{ level }} on said_{{ level }}.written = crowded_{{ level }}.borne
    where crowded_{{ level }}.borne is null
        {%- if level == 5 %} and said_5.name_key <> names.name_key{% endif %}
        {%- if level == 4 %} and names.name_stem <> names.name_folded{% endif %}
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
    inner join {{ ref('link_sought_name') }} as names
        on code_pairs.uscc = names.uscc and said_{{ level }}.written = names.{{ column }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select subject_id, uscc, name_key, name_level from pairs
