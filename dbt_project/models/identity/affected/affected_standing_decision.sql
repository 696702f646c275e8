{#- Decisions that are judged otherwise than in the build before. -#}
{%- set previous = none if is_full_build() else previous_state('identity', 'standing_decision') -%}
{%- set columns = columns_of('standing_decision') -%}
-- depends_on: {{ ref('judged_decision') }}
{% if previous is none -%}
select cast(null as varchar) as decision_key where false
{%- else -%}
select decision_key
from (
    select {{ columns }} from {{ ref('judged_decision') }}
    except
    select {{ columns }} from {{ previous }}
) as judged_now
union
select decision_key
from (
    select {{ columns }} from {{ previous }}
    except
    select {{ columns }} from {{ ref('judged_decision') }}
) as judged_before
{%- endif %}
