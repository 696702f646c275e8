{#- Candidates for the review queue only: subjects for which nothing nearer was found, and registered names that share rare
    pairs of characters with them. Usual pairs are cut off, or the join would explode. -#}
{{ config(materialized='table') }}

with subjects as (
    select leftover.subject_id, leftover.name_key
    from {{ ref('link_leftover') }} as leftover
    where
        length(leftover.name_key) <= 40
        and not exists (
            select 1 from {{ ref('link_name_pair') }} as name_pairs
            where name_pairs.subject_id = leftover.subject_id and name_pairs.name_level >= 2
        )
        and not exists (
            select 1 from {{ ref('link_slip') }} as slips where slips.subject_id = leftover.subject_id
        )
),

subject_places as (
    select subject_id, name_key, {{ each_up_to('length(name_key) - 1') }} as place from subjects
),

subject_bigrams as (
    select distinct
        subject_places.subject_id,
        subject_places.name_key as subject_key,
        rare.bigram,
        {{ rarity_weight('rare.occurrences') }} as weight
    from subject_places
    inner join {{ ref('link_bigram') }} as rare
        on substr(subject_places.name_key, cast(subject_places.place as int), 2) = rare.bigram
    where {{ rarity_weight('rare.occurrences') }} is not null
),

wanted as (
    select distinct bigram from subject_bigrams
),

name_places as (
    select uscc, name_key, {{ each_up_to('length(name_key) - 1') }} as place
    from {{ ref('enterprise_name') }}
),

name_bigrams as (
    select cut.uscc, cut.name_key, cut.bigram
    from (
        select uscc, name_key, substr(name_key, cast(place as int), 2) as bigram from name_places
    ) as cut
    inner join wanted on cut.bigram = wanted.bigram
),

shared as (
    select
        subject_bigrams.subject_id,
        name_bigrams.uscc,
        name_bigrams.name_key,
        sum(subject_bigrams.weight) as shared_weight
    from subject_bigrams
    inner join name_bigrams on subject_bigrams.bigram = name_bigrams.bigram
    group by subject_bigrams.subject_id, name_bigrams.uscc, name_bigrams.name_key
),

strongest as (
    select subject_id, max(shared_weight) / 2 as enough
    from shared
    group by subject_id
),

-- Where five pairs reach half of the best weight, no weaker one is among the first five: most are weaker, and are not sorted.
well_served as (
    select shared.subject_id, strongest.enough
    from shared
    inner join strongest on shared.subject_id = strongest.subject_id
    where shared.shared_weight >= strongest.enough
    group by shared.subject_id, strongest.enough
    having count(*) >= 5
),

hopeful as (
    select shared.*
    from shared
    left join well_served on shared.subject_id = well_served.subject_id
    where shared.shared_weight >= coalesce(well_served.enough, 0)
),

ranked as (
    select
        hopeful.*,
        row_number() over (
            partition by subject_id order by shared_weight desc, length(name_key) asc, name_key asc, uscc asc
        ) as pair_rank
    from hopeful
)

select subject_id, uscc, min(name_key) as name_key, max(shared_weight) as shared_weight
from ranked
where pair_rank <= 5
group by subject_id, uscc
