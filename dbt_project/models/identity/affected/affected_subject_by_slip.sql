{#- Records of which one slip parts a registered name that changed. -#}
{%- set state = none if is_full_build() or not holds_rows('link_changed_name') else previous_state('identity', 'link_state') -%}
-- depends_on: {{ ref('link_changed_name') }}
{% if state is none -%}
select cast(null as varchar) as record_id where false
{%- else -%}
with subjects as (
    select record_id, name_key, {{ each_up_to('length(name_key)') }} as place from {{ state }} where is_leftover
),

names as (
    select distinct name_key from {{ ref('link_changed_name') }}
),

name_places as (
    select name_key, {{ each_up_to('length(name_key)') }} as place from names where length(name_key) between 4 and 61
),

name_keys as (
    select {{ without_character('name_key', 'place') }} as slip_key from name_places
    union
    select name_key as slip_key from names
)

select record_id
from subjects
where {{ without_character('name_key', 'place') }} in (select name_keys.slip_key from name_keys)
union
select record_id
from subjects
where name_key in (select name_keys.slip_key from name_keys)
{%- endif %}
