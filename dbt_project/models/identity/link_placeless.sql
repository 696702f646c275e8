{#- How sure it is that a name written without its place is the one registered name that goes on like it, and not that of a firm
    elsewhere that is not registered: how rare the parts of the name are, where both are, and whether the addresses are one.
    Weights come from the seed link_placeless_weight (benchmarks/linkage/fit.py), by method and what is known of the region. -#}
{{ config(materialized='table') }}

with pairs as (
    select
        name_pairs.subject_id,
        name_pairs.uscc,
        name_pairs.name_level,
        case name_pairs.name_level when 3 then names.name_unplaced else names.name_core end as text,
        names.name_unplaced,
        names.name_branch,
        names.name_form,
        case
            when names.name_division is null then 'none'
            when substr(names.name_division, 3, 4) = '0000' then 'province'
            when substr(names.name_division, 5, 2) = '00' then 'city'
            else 'county'
        end as place_level,
        {{ region_agreement('subjects.division_code', 'coalesce(names.division_code, names.name_division)') }} as region_agreement,
        subjects.address_normalised as subject_address,
        names.address
    from {{ ref('link_name_pair') }} as name_pairs
    inner join {{ ref('link_subject') }} as subjects on name_pairs.subject_id = subjects.subject_id
    inner join {{ ref('enterprise_name') }} as names
        on name_pairs.uscc = names.uscc and name_pairs.name_key = names.name_key
    where name_pairs.name_level in (2, 3)
),

part_texts as (
    {{ placeless_part_texts('pairs') }}
),

part_counts as (
    {{ placeless_part_counts('part_texts', ref('enterprise_name')) }}
),

counted as (
    select
        part_texts.subject_id,
        part_texts.uscc,
        {{ placeless_part_columns(var('left_out', 0)) }}
    from part_texts
    left join part_counts
        on part_texts.part = part_counts.part
        and part_texts.name_level = part_counts.name_level
        and part_texts.part_text = part_counts.part_text
    group by part_texts.subject_id, part_texts.uscc
),

placed as (
    select
        pairs.*,
        ln(greatest(coalesce(head_bigrams.occurrences, 0) - {{ var('left_out', 0) }}, 1)) as anywhere_two,
        ln(greatest(coalesce(head_trigrams.occurrences, 0) - {{ var('left_out', 0) }}, 1)) as anywhere_three,
        {{ is_same_address('pairs.subject_address', 'pairs.address') }} as is_same_address,
        case pairs.name_level when 3 then 'name_without_region' else 'name_without_region_and_form' end as method,
        case
            when pairs.region_agreement >= 2 then 'region_agrees'
            when pairs.region_agreement = 1 then 'province_agrees'
            else 'without_region'
        end as grade
    from pairs
    left join {{ ref('link_bigram') }} as head_bigrams on substr(pairs.name_unplaced, 1, 2) = head_bigrams.bigram
    left join {{ ref('link_trigram') }} as head_trigrams on substr(pairs.name_unplaced, 1, 3) = head_trigrams.trigram
),

features as (
    select
        placed.subject_id,
        placed.uscc,
        placed.method,
        placed.grade,
        placed.region_agreement,
        {{ placeless_features() }}
    from placed
    inner join counted on placed.subject_id = counted.subject_id and placed.uscc = counted.uscc
)

select
    features.*,
    {{ weighted(placeless_evidence(), placeless_pairs(), 'features', 'weights') }} as placeless_score
from features
inner join {{ ref('link_placeless_weight') }} as weights
    on features.method = weights.method and features.grade = weights.grade
