{#- Query of an `affected_…` model over subjects: those whose link is decided in this build, and those of records that went. -#}
{% macro affected_subjects(model_name) %}
{%- set previous = none if is_full_build() else previous_state('identity', model_name) -%}
-- depends_on: {{ ref('affected_subject_link') }}
select subject_id from {{ ref('link_subject') }}
{% if previous is not none -%}
union
select subject_id
from {{ previous }}
where substr(subject_id, 1, strpos(subject_id, '/') - 1) in (select record_id from {{ ref('affected_subject_link') }})
{%- endif %}
{% endmacro %}
