{#- Record ids that decisions name and that were not found before, and those that none names any more. -#}
{%- set previous = none if is_full_build() else previous_state('identity', 'decided_record') -%}
-- depends_on: {{ ref('stg_link_decision') }}
{% if previous is none -%}
select cast(null as varchar) as record_id where false
{%- else -%}
select decided_record_id as record_id
from {{ ref('stg_link_decision') }}
where decided_record_id is not null and decided_record_id not in (select record_id from {{ previous }})
union
select record_id
from {{ previous }}
where record_id not in (
    select decided_record_id from {{ ref('stg_link_decision') }} where decided_record_id is not null
)
{%- endif %}
