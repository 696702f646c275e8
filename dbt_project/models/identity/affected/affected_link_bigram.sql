{#- Pairs of characters whose count differs, and by how much: as the triples that begin with them. -#}
{%- set triples = ref('affected_link_trigram') -%}
{% if is_full_build() -%}
select cast(null as varchar) as bigram, cast(0 as bigint) as difference where false
{%- else -%}
select substr(trigram, 1, 2) as bigram, cast(sum(difference) as bigint) as difference
from {{ triples }}
group by substr(trigram, 1, 2)
having sum(difference) <> 0
{%- endif %}
