{#- How sure it is that a name written without its place is the one registered name that goes on like it, and not that of a firm
    elsewhere that is not registered: how rare the parts of the name are, where both are, and whether the addresses are one.
    Weights come from the seed link_placeless_weight (benchmarks/linkage/fit.py), by method and what is known of the region. -#}
{{ config(materialized='table') }}

with pairs as (
    select
        name_pairs.subject_id,
        name_pairs.uscc,
        name_pairs.name_level,
        case name_pairs.name_level when 3 then names.name_unplaced else names.name_core end as text,
        names.name_unplaced,
        names.name_branch,
        names.name_form,
        case
            when names.name_division is null then 'none'
            when substr(names.name_division, 3, 4) = '0000' then 'province'
            when substr(names.name_division, 5, 2) = '00' then 'city'
            else 'county'
        end as place_level,
        {{ region_agreement('subjects.division_code', 'names.division_code') }} as region_agreement,
        subjects.address_normalised as subject_address,
        names.address
    from {{ ref('link_name_pair') }} as name_pairs
    inner join {{ ref('link_subject') }} as subjects on name_pairs.subject_id = subjects.subject_id
    inner join {{ ref('enterprise_name') }} as names
        on name_pairs.uscc = names.uscc and name_pairs.name_key = names.name_key
    where name_pairs.name_level in (2, 3)
),

parts as (
    select
        pairs.*,
        {% for part, expression in placeless_parts().items() -%}
        {{ expression }} as {{ part }}_text{{ ',' if not loop.last }}
        {% endfor %}
    from pairs
),

{% for part, expression in placeless_parts().items() -%}
{{ part }}_counted as (
    select name_level, part_text, count(*) as bearers
    from (
        {% for level, column in [(3, 'name_unplaced'), (2, 'name_core')] -%}
        select {{ level }} as name_level, {{ expression }} as part_text
        from (select name_unplaced, {{ column }} as text from {{ ref('enterprise_name') }}) as texts
        {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as cut
    where part_text in (select parts.{{ part }}_text from parts)
    group by name_level, part_text
),

{% endfor -%}
counted as (
    select
        parts.subject_id, parts.uscc, parts.name_level, parts.text, parts.name_branch, parts.name_form, parts.place_level,
        parts.region_agreement,
        {% for part in placeless_parts() -%}
        ln(greatest(coalesce({{ part }}_counted.bearers, 0) - {{ var('left_out', 0) }}, 1)) as {{ part }},
        {% endfor -%}
        {{ is_same_address('parts.subject_address', 'parts.address') }} as is_same_address,
        case parts.name_level when 3 then 'name_without_region' else 'name_without_region_and_form' end as method,
        case
            when parts.region_agreement >= 2 then 'region_agrees'
            when parts.region_agreement = 1 then 'province_agrees'
            else 'without_region'
        end as grade
    from parts
    {% for part in placeless_parts() -%}
    left join {{ part }}_counted
        on parts.{{ part }}_text = {{ part }}_counted.part_text and parts.name_level = {{ part }}_counted.name_level
    {% endfor %}
),

features as (
    select
        subject_id, uscc, method, grade, region_agreement,
        {% for name, expression in placeless_evidence().items() -%}
        {{ expression }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from counted
)

select
    features.*,
    {{ weighted(placeless_evidence(), 'features', 'weights') }} as placeless_score
from features
inner join {{ ref('link_placeless_weight') }} as weights
    on features.method = weights.method and features.grade = weights.grade
