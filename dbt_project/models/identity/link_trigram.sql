{#- How often three neighbouring characters occur in registered names; ^^ and $$ stand for the beginning and the end. How
    plausible a spelling is tells a slip from another firm. -#}
{{ config(affected_column='trigram', change_columns=['trigram']) }}
{{ depends_on_affected('link_trigram') }}

{% if not is_full_build() and is_incremental() %}
with counted as (
    select trigram, occurrences from {{ this }} where trigram in (select trigram from {{ ref('affected_link_trigram') }})
    union all
    select trigram, difference as occurrences from {{ ref('affected_link_trigram') }}
)

select trigram, cast(sum(occurrences) as bigint) as occurrences
from counted
group by trigram
having sum(occurrences) > 0
{% else %}
with places as (
    select concat('^^', name_key, '$$') as bounded, {{ each_up_to('length(name_key) + 2') }} as place
    from {{ ref('enterprise_name') }}
),

trigrams as (
    select substr(bounded, cast(place as int), 3) as trigram
    from places
)

select trigram, count(*) as occurrences
from trigrams
group by trigram
{% endif %}
