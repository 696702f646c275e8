{%- set register = changes_of('enterprise_registration_versions') -%}
{%- set renames = changes_of('registration_change_versions') -%}
{%- set previous = none if is_full_build() else previous_state('identity', 'enterprise') -%}
{% if previous is none -%}
select cast(null as varchar) as uscc where false
{%- else -%}
select uscc
from {{ ref('enterprise_registration_versions') }}
where record_id in (select record_id from {{ register }}) and uscc is not null
union
select uscc
from {{ previous }}
where record_id in (select record_id from {{ register }})
union
select uscc
from {{ ref('registration_change_versions') }}
where record_id in (select record_id from {{ renames }}) and uscc is not null
{%- endif %}
