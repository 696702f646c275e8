{#- How an increment changes its table: which rows of a model may differ is said by a table `affected_<model>` in the same schema
    (one column, config `affected_column`); all rows of the model with these keys go, and what the model's query gave for
    them comes in. Keys of both, old and new (`is_new`), are noted in `changes.<model>` (config `change_columns`) for the
    models and exports that follow. One transaction. -#}
{% macro change_by_keys(target_relation, new_rows) %}
    {%- set affected_column = config.require('affected_column') -%}
    {%- set change_columns = config.require('change_columns') | join(', ') -%}
    {#- Named one by one: a column that the query lacks is an error, never null. -#}
    {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute='quoted') | join(', ') -%}
    {%- set affected = target_relation.incorporate(path={'identifier': 'affected_' ~ target_relation.identifier}) -%}

    create or replace table changes.{{ target_relation.identifier }} as
        select {{ change_columns }}, false as is_new from {{ target_relation }}
        where {{ affected_column }} in (select {{ affected_column }} from {{ affected }})
        union
        select {{ change_columns }}, true as is_new from {{ new_rows }};
    delete from {{ target_relation }} where {{ affected_column }} in (select {{ affected_column }} from {{ affected }});
    insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ new_rows }};
{% endmacro %}

{#- Keys of a model that changed in this build, as a relation; only for `affected_…` models, which run after it.
    Empty text on a full build: nothing is compared with an earlier state then. -#}
{% macro changes_of(model_name) %}
    {%- set relation = ref(model_name) -%}
    {{ return('changes.' ~ model_name) }}
{% endmacro %}

{#- A model as the last build left it, or none. Not `ref`: whoever reads the state before runs before that model. -#}
{% macro previous_state(schema, model_name) %}
    {{ return(adapter.get_relation(database=target.database, schema=schema, identifier=model_name)) }}
{% endmacro %}

{#- Whether this build makes everything anew. -#}
{% macro is_full_build() %}
    {{ return(not execute or flags.FULL_REFRESH or target.type != 'duckdb' or model.resource_type == 'unit_test') }}
{% endmacro %}

{#- In a model's first line: it depends on its `affected_…` table wherever that is used. -#}
{% macro depends_on_affected(model_name) %}
    {%- if target.type == 'duckdb' -%}
        {%- set relation = ref('affected_' ~ model_name) -%}
    {%- endif -%}
{% endmacro %}

{#- Query of an `affected_…` model: keys that changed in this build in any of the models it is made of. `sources` are
    (model, column of its change table) pairs. -#}
{% macro affected_keys(column, sources) %}
    {%- for model_name, key in sources -%}
        {%- set changes = changes_of(model_name) %}
        {%- if loop.first and is_full_build() %}
select cast(null as varchar) as {{ column }} where false
        {%- elif not is_full_build() %}
{{ 'union' if not loop.first }}
select {{ key }} as {{ column }} from {{ changes }} where {{ key }} is not null
        {%- endif %}
    {%- endfor %}
{% endmacro %}

{#- Condition that leaves the rows whose keys may differ in `model_name`; all of them when everything is made anew. Also
    for models on the way to it that are tables. -#}
{% macro is_affected(model_name, column, expression=none) %}
    {%- if target.type == 'duckdb' -%}{%- set affected = ref('affected_' ~ model_name) -%}{%- endif -%}
    {%- if is_full_build() or not is_built(model_name) -%} true
    {%- else -%} {{ expression or column }} in (select {{ column }} from {{ affected }})
    {%- endif -%}
{% endmacro %}

{#- Whether an earlier build left the model. -#}
{% macro is_built(model_name) %}
    {%- set node = graph.nodes['model.creditlake.' ~ model_name] -%}
    {{ return(previous_state(node.schema, node.alias) is not none) }}
{% endmacro %}

{#- Whether a model that is built already in this run holds any row: what nothing has changed for need not be looked through. -#}
{% macro holds_rows(model_name) %}
    {{ return(run_query('select 1 from ' ~ ref(model_name) ~ ' limit 1').rows | length > 0) }}
{% endmacro %}
