{#- How often two neighbouring characters occur in registered names, for the pairs around slips only; ^ and $ stand for the
    beginning and the end. How plausible a spelling is tells a slip from another firm. -#}
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
with places as (
    select concat('^', name_key, '$') as bounded, {{ each_up_to('length(name_key) + 1') }} as place
    from {{ ref('enterprise_name') }}
),

bigrams as (
    select substr(bounded, cast(place as int), 2) as bigram
    from places
)

select bigram, count(*) as occurrences
from bigrams
group by bigram
{% endif %}
