{#- Records whose link was decided anew, and those that wait under the same names: how many they are is part of the queue. -#}
{%- set links = changes_of('subject_link') -%}
{%- set previous = none if is_full_build() else previous_state('identity', 'review_queue') -%}
-- depends_on: {{ ref('link_subject') }}
{% if previous is none -%}
select cast(null as varchar) as record_id where false
{%- else -%}
select record_id from {{ links }}
union
select record_id
from {{ previous }}
where
    name_key in (select name_key from {{ previous }} where record_id in (select record_id from {{ links }}))
    or name_key in (select name_key from {{ ref('link_subject') }})
{%- endif %}
