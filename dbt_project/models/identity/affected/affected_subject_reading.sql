{#- Batches whose readings came or went: what a record says is read once, so that a batch's readings never change. -#}
{%- set previous = none if is_full_build() else previous_state('identity', 'subject_reading') -%}
{% if previous is none -%}
select batch_id from {{ ref('current_batch') }} where false
{%- else -%}
select batch_id from {{ ref('current_batch') }} where batch_id not in (select batch_id from {{ previous }})
union
select batch_id from {{ previous }} where batch_id not in (select batch_id from {{ ref('current_batch') }})
{%- endif %}
