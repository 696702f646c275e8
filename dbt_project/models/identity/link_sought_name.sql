{#- Registered names that share a text or a code with a subject: the register is read once for all ways in which names and codes
    bring pairs together. A way that compares other columns adds them here. -#}
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
)

select names.*
from {{ ref('enterprise_name') }} as names
where
    names.name_key in (select texts.written from texts)
    or names.name_folded in (select texts.written from texts)
    or names.name_stem in (select texts.written from texts)
    or names.name_unplaced in (select texts.written from texts)
    or names.name_core in (select texts.written from texts)
    or names.uscc in (select codes.code from codes)
    or names.organisation_code in (select codes.code from codes)
    or names.registration_number in (select codes.code from codes)
    or names.code_shape in (select shapes.code from shapes)
