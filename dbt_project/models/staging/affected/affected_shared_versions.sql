{#- Keys of records whose types share staging that the batches arriving and leaving may change. -#}
{%- set previous = none if is_full_build() else previous_state('staging', 'shared_versions') -%}
-- depends_on: {{ ref('current_batch') }}
{% if previous is none -%}
select cast(null as varchar) as business_key from {{ ref('current_batch') }} where false
{%- else -%}
with arriving as (
    {{ shared_arrivals(previous) }}
)

select business_key from arriving
union
select business_key
from {{ previous }}
where batch_id not in (select batch_id from {{ ref('current_batch') }} where mode <> 'correction')
{%- endif %}
