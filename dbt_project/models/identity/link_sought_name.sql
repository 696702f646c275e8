{#- Registered names that share a text or a code with a subject: the register is read once for all ways in which names and codes
    bring pairs together. A way that compares other columns adds them here. Texts are sought one way after the other: several
    `in` beside each other with `or` would be kept in memory as a whole. -#}
{{ config(materialized='table') }}

with texts as (
    {% for column in ['name_key', 'name_cell_key', 'name_folded', 'name_unplaced'] -%}
    select {{ column }} as written from {{ ref('link_subject') }} where {{ column }} is not null
    union
    {% endfor -%}
    select {{ each_word('name_alternatives') }} as written from {{ ref('link_subject') }} where name_alternatives is not null
),

codes as (
    {% for code in ['uscc', 'code_clean', 'organisation_code', 'registration_number'] -%}
    select {{ code }} as code from {{ ref('link_subject') }} where {{ code }} is not null
    union
    {% endfor -%}
    select {{ each_word('code_repairs') }} as code from {{ ref('link_subject') }} where code_repairs is not null
),

shapes as (
    select {{ code_shape('code_clean') }} as code from {{ ref('link_subject') }} where code_clean is not null
),

-- Each text of a name once.
name_texts as (
    select uscc, name_key, name_key as written from {{ ref('enterprise_name') }}
    union all
    select uscc, name_key, name_folded as written from {{ ref('enterprise_name') }} where name_folded <> name_key
    union all
    select uscc, name_key, name_stem as written from {{ ref('enterprise_name') }} where name_stem <> name_folded
    union all
    select uscc, name_key, name_unplaced as written from {{ ref('enterprise_name') }} where name_unplaced <> name_folded
    union all
    select uscc, name_key, name_core as written
    from {{ ref('enterprise_name') }}
    where name_core <> name_unplaced and name_core <> name_stem
),

name_codes as (
    {% for code in ['uscc', 'organisation_code', 'registration_number'] -%}
    select uscc, name_key, {{ code }} as code from {{ ref('enterprise_name') }} where {{ code }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor -%}
),

found as (
    select uscc, name_key from name_texts where written in (select texts.written from texts)
    union all
    select uscc, name_key from name_codes where code in (select codes.code from codes)
    union all
    select uscc, name_key from {{ ref('enterprise_name') }} where code_shape in (select shapes.code from shapes)
)

select names.*
from {{ ref('enterprise_name') }} as names
where exists (select 1 from found where found.uscc = names.uscc and found.name_key = names.name_key)
