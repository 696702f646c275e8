{#- All versions of a contract's records that count now, ranked: rank 1 is the record as it is. The order of versions is
    that of `version_order` (moments and dates, the first that is there), then the content's digest, then the record id,
    never the order of arrival. `business_key` is an SQL expression over the contract's columns. -#}
{% macro record_versions(contract_id, business_key, version_order) %}
{{ depends_on_affected(contract_id ~ '_versions') }}
{%- set incremental = not is_full_build() and is_incremental() -%}
{%- set previous = this if incremental else none -%}
{%- set affected = ref('affected_' ~ contract_id ~ '_versions') if target.type == 'duckdb' else none -%}

with arriving as (
    select {{ record_columns(contract_id) }}
    from {{ source('bronze', contract_id) }}
    where
        {{ is_to_be_read(contract_id, previous) }}
        and (corrects is null or record_id in ({{ standing_corrections(contract_id) }}))
),

keyed as (
    select
        arriving.*,
        {{ business_key }} as business_key,
        {{ version_moment(version_order) }} as version_at
    from arriving
),
{% if incremental %}
counting as (
    select * from keyed
    where business_key in (select business_key from {{ affected }})
    union all
    select {{ record_columns(contract_id) }}, business_key, version_at
    from {{ this }}
    where
        business_key in (select business_key from {{ affected }})
        and batch_id in ({{ batches_of(contract_id, corrections=false) }})
)
{% else %}
counting as (
    select * from keyed
)
{% endif %}
select
    counting.*,
    cast(row_number() over (
        partition by business_key
        order by version_at desc nulls last, content_digest desc, record_id desc
    ) as int) as version_rank
from counting
{% endmacro %}

{#- Business keys of a contract that the batches arriving and leaving may change: of rows arriving, of rows whose batch
    no longer counts, and of all corrections, whose standing depends on other batches. -#}
{% macro affected_versions(contract_id, business_key) %}
{%- set previous = none if is_full_build() else previous_state('staging', contract_id ~ '_versions') -%}
-- depends_on: {{ ref('current_batch') }}
{% if previous is none -%}
select cast(null as varchar) as business_key from {{ ref('current_batch') }} where false
{%- else -%}
select {{ business_key }} as business_key
from {{ source('bronze', contract_id) }}
where {{ is_to_be_read(contract_id, previous) }}
union
select business_key
from {{ previous }}
where batch_id not in ({{ batches_of(contract_id, corrections=false) }})
{%- endif %}
{% endmacro %}

{#- First of several columns that is there, as a moment; a date (`…_date`) is its midnight in Shanghai. -#}
{% macro version_moment(columns) -%}
    coalesce({% for column in columns -%}
        {{ shanghai_midnight(column) if column.endswith('_date') else column }}{{ ', ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}

{#- The columns of bronze that a contract's versions carry on: those its YAML lists, without what the model adds. -#}
{% macro record_columns(contract_id) -%}
    {{ columns_of(contract_id ~ '_versions', without=['business_key', 'version_at', 'version_rank']) }}
{%- endmacro %}

{#- The columns a model's YAML lists, in that order, as SQL text. -#}
{% macro columns_of(model_name, without=[]) -%}
    {{ column_names_of(model_name) | reject('in', without) | join(', ') if execute else '*' }}
{%- endmacro %}

{#- The columns a model's YAML lists, as a list; none while dbt only parses. A unit test has no graph to look them up in: it
    takes those of the table that was built. -#}
{% macro column_names_of(model_name) -%}
    {%- if not execute -%} {{ return([]) }} {%- endif -%}
    {%- if model.resource_type == 'unit_test' -%}
        {%- set built = previous_state(model.schema, model_name) -%}
        {{ return(adapter.get_columns_in_relation(built) | map(attribute='name') | list) }}
    {%- endif -%}
    {{ return(graph.nodes['model.creditlake.' ~ model_name].columns.keys() | list) }}
{%- endmacro %}
