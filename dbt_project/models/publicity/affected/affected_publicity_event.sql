{#- Records of which repair results and objections say something else than in the build before. -#}
{%- set previous = none if is_full_build() else previous_state('publicity', 'publicity_event') -%}
{%- set columns = columns_of('publicity_event') -%}
-- depends_on: {{ ref('found_event') }}
{% if previous is none -%}
select cast(null as varchar) as record_id where false
{%- else -%}
select record_id
from (
    select {{ columns }} from {{ ref('found_event') }}
    except
    select {{ columns }} from {{ previous }}
) as found_now
union
select record_id
from (
    select {{ columns }} from {{ previous }}
    except
    select {{ columns }} from {{ ref('found_event') }}
) as found_before
{%- endif %}
