{#- Triples of characters whose count differs, and by how much: those of names that came less those of names that went. -#}
{%- set names = changes_of('enterprise_name') -%}
{% if is_full_build() -%}
select cast(null as varchar) as trigram, cast(0 as bigint) as difference where false
{%- else -%}
with places as (
    select
        concat('^^', name_key, '$$') as bounded,
        case when is_new then 1 else -1 end as sign,
        {{ each_up_to('length(name_key) + 2') }} as place
    from {{ names }}
),

trigrams as (
    select substr(bounded, cast(place as int), 3) as trigram, sign
    from places
)

select trigram, cast(sum(sign) as bigint) as difference
from trigrams
group by trigram
having sum(sign) <> 0
{%- endif %}
