{#- How often a character occurs in registered names. -#}
{{ config(materialized='table') }}

select substr(bigram, 1, 1) as character_text, sum(occurrences) as occurrences
from {{ ref('link_bigram') }}
group by substr(bigram, 1, 1)
