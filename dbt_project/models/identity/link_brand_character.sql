{#- How often a character occurs in the brands of registered names, by where in the brand it stands: first, inner, last. -#}
{{ config(affected_column='character_text', change_columns=['character_text']) }}
{{ depends_on_affected('link_brand_character') }}

{% if not is_full_build() and is_incremental() %}
with counted as (
    select character_text, position, bearers
    from {{ this }}
    where character_text in (select character_text from {{ ref('affected_link_brand_character') }})
    union all
    select character_text, position, difference as bearers from {{ ref('affected_link_brand_character') }}
)

select character_text, position, cast(sum(bearers) as bigint) as bearers
from counted
group by character_text, position
having sum(bearers) > 0
{% else %}
with brands as (
    select name_brand, count(*) as bearers
    from {{ ref('enterprise_name') }}
    where name_brand is not null
    group by name_brand
)

{{ brand_characters('brands') }}
{% endif %}
