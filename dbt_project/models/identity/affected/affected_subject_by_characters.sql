{#- Records whose far pairs may differ: a pair of characters in their name has another weight, or a registered name that
    changed shares enough with theirs to be, or to have been, among the first five. -#}
{%- set state = none if is_full_build() or not holds_rows('link_changed_name') else previous_state('identity', 'link_state') -%}
-- depends_on: {{ ref('link_changed_name') }}, {{ ref('link_bigram') }}, {{ ref('affected_link_bigram') }}
{% if state is none -%}
select cast(null as varchar) as record_id where false
{%- else -%}
with counts as (
    select
        differing.bigram,
        coalesce(counted.occurrences, 0) as occurrences,
        coalesce(counted.occurrences, 0) - differing.difference as occurrences_before
    from {{ ref('affected_link_bigram') }} as differing
    left join {{ ref('link_bigram') }} as counted on differing.bigram = counted.bigram
),

moved as (
    select bigram
    from counts
    where {{ rarity_weight('occurrences') }} is distinct from {{ rarity_weight('occurrences_before') }}
),

subject_places as (
    select record_id, subject_id, name_key, far_weight, far_name_key, {{ each_up_to('length(name_key) - 1') }} as place
    from {{ state }}
    where is_far and length(name_key) <= 40
),

subject_bigrams as (
    select distinct record_id, subject_id, far_weight, far_name_key, substr(name_key, cast(place as int), 2) as bigram
    from subject_places
),

names as (
    select distinct uscc, name_key from {{ ref('link_changed_name') }}
),

name_places as (
    select uscc, name_key, {{ each_up_to('length(name_key) - 1') }} as place from names
),

name_bigrams as (
    select name_places.uscc, name_places.name_key, rare.bigram, {{ rarity_weight('rare.occurrences') }} as weight
    from name_places
    inner join {{ ref('link_bigram') }} as rare on substr(name_places.name_key, cast(name_places.place as int), 2) = rare.bigram
    where {{ rarity_weight('rare.occurrences') }} is not null
),

shared as (
    select
        subject_bigrams.record_id, subject_bigrams.far_weight, subject_bigrams.far_name_key, name_bigrams.name_key,
        sum(name_bigrams.weight) as shared_weight
    from subject_bigrams
    inner join name_bigrams on subject_bigrams.bigram = name_bigrams.bigram
    group by
        subject_bigrams.record_id, subject_bigrams.subject_id, subject_bigrams.far_weight, subject_bigrams.far_name_key,
        name_bigrams.uscc, name_bigrams.name_key
),

-- In the order of link_far_pair; of two enterprises with one name either may be meant.
reached as (
    select record_id
    from shared
    where
        shared_weight > far_weight
        or (shared_weight = far_weight and length(name_key) < length(far_name_key))
        or (shared_weight = far_weight and length(name_key) = length(far_name_key) and name_key <= far_name_key)
)

select record_id from reached
union
select record_id from subject_bigrams where bigram in (select moved.bigram from moved)
{%- endif %}
