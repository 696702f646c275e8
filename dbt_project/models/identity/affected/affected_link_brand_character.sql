{#- Characters of brands whose count differs, and by how much: those of names that came less those of names that went. -#}
{%- set names = changes_of('enterprise_name') -%}
{% if is_full_build() -%}
select cast(null as varchar) as character_text, cast(null as varchar) as position, cast(0 as bigint) as difference where false
{%- else -%}
with brands as (
    select name_brand, sum(case when is_new then 1 else -1 end) as bearers
    from {{ names }}
    where name_brand is not null
    group by name_brand
),

letters as (
    {{ brand_characters('brands') }}
)

select character_text, position, bearers as difference from letters where bearers <> 0
{%- endif %}
