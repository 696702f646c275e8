{#- How often two neighbouring characters occur in registered names; ^ and $ stand for the beginning and the end. -#}
{{ config(affected_column='bigram', change_columns=['bigram']) }}
{{ depends_on_affected('link_bigram') }}

{% if not is_full_build() and is_incremental() %}
with counted as (
    select bigram, occurrences from {{ this }} where bigram in (select bigram from {{ ref('affected_link_bigram') }})
    union all
    select bigram, difference as occurrences from {{ ref('affected_link_bigram') }}
)

select bigram, cast(sum(occurrences) as bigint) as occurrences
from counted
group by bigram
having sum(occurrences) > 0
{% else %}
select substr(trigram, 1, 2) as bigram, cast(sum(occurrences) as bigint) as occurrences
from {{ ref('link_trigram') }}
group by substr(trigram, 1, 2)
{% endif %}
