{#- Incremental strategy: which rows of a model may differ is said by a table `affected_<model>` in the same schema
    (one column, config `affected_column`); all rows of the model with these keys go, and what the model's query gave for
    them comes in. Keys of both, old and new, are noted in `changes.<model>` (config `change_columns`) for the models
    and exports that follow. One transaction. -#}
{% macro get_incremental_changed_keys_sql(arguments) %}
    {%- set target = arguments['target_relation'] -%}
    {%- set new_rows = arguments['temp_relation'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set affected_column = config.require('affected_column') -%}
    {%- set change_columns = config.require('change_columns') | join(', ') -%}
    {%- set affected = target.incorporate(path={'identifier': 'affected_' ~ target.identifier}) -%}

    create or replace table changes.{{ target.identifier }} as
        select {{ change_columns }} from {{ target }}
        where {{ affected_column }} in (select {{ affected_column }} from {{ affected }})
        union
        select {{ change_columns }} from {{ new_rows }};
    delete from {{ target }} where {{ affected_column }} in (select {{ affected_column }} from {{ affected }});
    insert into {{ target }} ({{ columns }}) select {{ columns }} from {{ new_rows }};
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
    {{ return(not execute or flags.FULL_REFRESH or target.type != 'duckdb') }}
{% endmacro %}

{#- In a model's first line: it depends on its `affected_…` table wherever that is used. -#}
{% macro depends_on_affected(model_name) %}
    {%- if target.type == 'duckdb' -%}
        {%- set relation = ref('affected_' ~ model_name) -%}
    {%- endif -%}
{% endmacro %}
