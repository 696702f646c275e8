{#- Per pair that one slip parts, how crowded its neighbourhood is, as ln: registered names that share all but the part in which
    the slip lies (`frame_usual`: one more such firm may just be missing in the register), and, where the slip lies in the
    place, those whose brand begins with the subject's first two and three characters (a name without its place, then). -#}
{{ config(materialized='table') }}

with placed as (
    select
        near.subject_id, near.uscc, near.name_key, subjects.name_key as subject_key,
        names.name_branch, names.name_brand_start, names.name_trade_start, names.name_form_start,
        case
            when near.slip_kind = 'swapped' then least(near.subject_place, near.name_place)
            when near.subject_place > 0 then near.subject_place
            else near.name_place
        end as place
    from {{ ref('link_near_pair') }} as near
    inner join {{ ref('link_subject') }} as subjects on near.subject_id = subjects.subject_id
    inner join {{ ref('enterprise_name') }} as names on near.uscc = names.uscc and near.name_key = names.name_key
),

parted as (
    select
        placed.*,
        case
            when name_branch is not null and place > length(name_key) - length(name_branch) then 'branch'
            when place <= name_brand_start then 'region'
            when place <= name_trade_start then 'brand'
            when place <= name_form_start then 'trade'
            else 'form'
        end as part
    from placed
),

framed as (
    select
        parted.*,
        {{ name_frame('parted.part') }} as frame,
        -- A name without its place is not counted among those with one.
        case
            when part = 'region' then 1
            when strpos(subject_key, substr(name_key, 1, cast(case part when 'brand' then name_brand_start else name_trade_start end as int))) = 1
                then 1
            else 0
        end as is_counted
    from parted
),

frames as (
    {% for part in ['region', 'brand', 'trade', 'form', 'branch'] -%}
    select '{{ part }}' as part, frame, count(*) as bearers
    from (
        select {{ name_frame("'" ~ part ~ "'") }} as frame
        from {{ ref('enterprise_name') }}{{ ' where name_branch is not null' if part == 'branch' }}
    ) as names
    where frame in (select framed.frame from framed where framed.part = '{{ part }}')
    group by frame
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

heads as (
    {% for size in [2, 3] -%}
    select {{ size }} as size, substr(name_unplaced, 1, {{ size }}) as head, count(*) as bearers
    from {{ ref('enterprise_name') }}
    where substr(name_unplaced, 1, {{ size }}) in (
        select substr(framed.subject_key, 1, {{ size }}) from framed where framed.part = 'region'
    )
    group by substr(name_unplaced, 1, {{ size }})
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    framed.subject_id,
    framed.uscc,
    ln(greatest(coalesce(frames.bearers, 0) - {{ var('left_out', 0) }} * framed.is_counted, 1)) as frame_usual,
    case
        when framed.part = 'region' then ln(1 + greatest(coalesce(twos.bearers, 0) - {{ var('left_out', 0) }}, 0)) else 0.0
    end as head_of_two_usual,
    case
        when framed.part = 'region' then ln(1 + greatest(coalesce(threes.bearers, 0) - {{ var('left_out', 0) }}, 0)) else 0.0
    end as head_of_three_usual
from framed
left join frames on framed.part = frames.part and framed.frame = frames.frame
left join heads as twos on twos.size = 2 and substr(framed.subject_key, 1, 2) = twos.head
left join heads as threes on threes.size = 3 and substr(framed.subject_key, 1, 3) = threes.head
