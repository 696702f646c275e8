{#- How often two neighbouring characters occur in registered names, for the pairs around slips only; ^ and $ stand for the
    beginning and the end. How plausible a spelling is tells a slip from another firm. -#}
{{ config(materialized='table') }}

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
