{#- Subjects with a name, and how their enterprise is to be sought by it. `settled_uscc`: the enterprise that code and whole name
    both name; nothing more is sought then, and its other columns are left empty. `is_wide`: names that agree but for the place
    are sought, too, since no whole name with its place is borne by one enterprise alone. Whoever a decision speaks of keeps all
    candidates, since it may rule out the very one. -#}
{{ config(materialized='table') }}

with ruled as (
    select distinct subject_id from {{ ref('link_ruling') }}
),

lone as (
    select name_key
    from {{ ref('link_sought_name') }}
    group by name_key
    having count(*) = 1 and max(case when is_current and name_division is not null then 1 else 0 end) = 1
),

with_code as (
    select distinct subject_id from {{ ref('link_code_pair') }}
),

coded as (
    select names.uscc, names.name_key
    from {{ ref('link_sought_name') }} as names
    where names.uscc in (select current_names.uscc from {{ ref('link_sought_name') }} as current_names where current_names.is_current)
),

read as (
    select
        said.*,
        case when said.name_alternatives is null and said.name_cell_key = said.name_key then 1 else 0 end as is_one_text,
        case
            when said.name_alternatives is null and said.name_cell_key = said.name_key and ruled.subject_id is null then 1
            else 0
        end as is_plain,
        case when said.code_status in ('absent', 'placeholder', 'masked') then 0 else 1 end as has_code
    from {{ ref('link_subject') }} as said
    left join ruled on said.subject_id = ruled.subject_id
    where said.name_key is not null and length(said.name_key) >= 2
),

settled as (
    select read.*, coded.uscc as settled_uscc
    from read
    -- Equal keys only: a condition on one side beside them makes DuckDB compare every pair.
    left join coded
        on case when read.is_plain = 1 then coalesce(read.uscc, read.code_clean) end = coded.uscc
        and read.name_key = coded.name_key
)

select
    settled.subject_id,
    settled.name_key,
    settled_uscc,
    {%- for column in ['name_cell_key', 'name_alternatives', 'name_folded', 'name_unplaced', 'name_division', 'division_code'] %}
    case when settled_uscc is null then {{ column }} end as {{ column }},
    {%- endfor %}
    is_one_text,
    case
        when settled_uscc is not null then 0
        when lone.name_key is null or is_plain = 0 or has_code = 1 or with_code.subject_id is not null then 1
        else 0
    end as is_wide
from settled
left join lone on settled.name_key = lone.name_key
left join with_code on settled.subject_id = with_code.subject_id
