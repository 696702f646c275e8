{#- Leftover names and registered names that one slip parts: a character wrong, missing, too many, or two neighbours
    swapped. Both sides lose one character at every place; what then agrees is one slip apart. Position is where the slip is
    (from 1) in each name, 0 for the side that lost nothing. Kept from build to build: a subject for which slips were looked for
    before can only have gained or lost registered names that changed. -#}
{{ config(affected_column='subject_id', change_columns=['subject_id']) }}
{{ depends_on_affected('link_near_pair') }}
{%- set builds_upon = not is_full_build() and is_incremental() -%}

with leftover_places as (
    select subject_id, name_key, {{ each_up_to('name_length') }} as place
    from {{ ref('link_leftover') }}
),

leftover_keys as (
    select subject_id, name_key, place, {{ without_character('name_key', 'place') }} as slip_key
    from leftover_places
    union all
    select subject_id, name_key, 0 as place, name_key as slip_key
    from {{ ref('link_leftover') }}
),

wanted as (
    select distinct slip_key from leftover_keys
),

names as (
    select names.uscc, names.name_key
    from {{ ref('enterprise_name') }} as names
    {%- if builds_upon %}
    where
        exists (
            select 1 from {{ ref('link_leftover') }} as leftover
            left join {{ previous_state('identity', 'link_state') }} as state
                on leftover.subject_id = state.subject_id and state.is_leftover
            where state.subject_id is null
        )
        or names.uscc in (select changed.uscc from {{ previous_state('identity', 'link_changed_name') }} as changed)
        or names.uscc in (
            select kept.uscc from {{ this }} as kept
            inner join {{ ref('link_leftover') }} as leftover on kept.subject_id = leftover.subject_id
        )
    {%- endif %}
),

name_places as (
    select uscc, name_key, {{ each_up_to('length(name_key)') }} as place
    from names
    where length(name_key) between 4 and 61
),

name_keys as (
    select cut.uscc, cut.name_key, cut.place, cut.slip_key
    from (
        select uscc, name_key, place, {{ without_character('name_key', 'place') }} as slip_key
        from name_places
    ) as cut
    inner join wanted on cut.slip_key = wanted.slip_key
    union all
    select names.uscc, names.name_key, 0 as place, names.name_key as slip_key
    from names
    inner join wanted on names.name_key = wanted.slip_key
),

pairs as (
    select
        leftover_keys.subject_id,
        name_keys.uscc,
        name_keys.name_key,
        leftover_keys.name_key as subject_key,
        leftover_keys.place as subject_place,
        name_keys.place as name_place,
        row_number() over (
            partition by leftover_keys.subject_id, name_keys.uscc
            order by
                abs(leftover_keys.place - name_keys.place) asc, leftover_keys.place asc, name_keys.place asc,
                name_keys.name_key asc
        ) as pair_rank
    from leftover_keys
    inner join name_keys on leftover_keys.slip_key = name_keys.slip_key
    where
        length(leftover_keys.name_key) <> length(name_keys.name_key)
        or leftover_keys.place = name_keys.place
        or (
            abs(leftover_keys.place - name_keys.place) = 1
            and substr(leftover_keys.name_key, cast(leftover_keys.place as int), 1)
            = substr(name_keys.name_key, cast(name_keys.place as int), 1)
        )
)

select
    subject_id,
    uscc,
    name_key,
    cast(subject_place as int) as subject_place,
    cast(name_place as int) as name_place,
    case
        when length(subject_key) > length(name_key) then 'extra'
        when length(subject_key) < length(name_key) then 'missing'
        when subject_place = name_place then 'wrong'
        else 'swapped'
    end as slip_kind,
    case when subject_place > 0 then substr(subject_key, cast(subject_place as int), 1) else '' end as subject_character,
    case when name_place > 0 then substr(name_key, cast(name_place as int), 1) else '' end as name_character
from pairs
where pair_rank = 1
