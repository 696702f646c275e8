{#- How DuckDB keeps tables and the models that change by keys. In place of the adapter's own: those swap tables by renaming
    them and ask for their columns five times over, 20 ms a model, which is most of a build with little new. Here a
    table is replaced in the one transaction that fills it. Contracts are enforced when a table is made; a change of the code
    makes all of them anew (transforms/state.py), so that an increment has the columns of its table. -#}
{% materialization table, adapter='duckdb' %}
    {{ replace_table() }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{% materialization incremental, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none or should_full_refresh() -%}
        {{ replace_table() }}
    {%- else -%}
        {%- set target_relation = this.incorporate(type='table') -%}
        {%- set new_rows = this.incorporate(path={'identifier': this.identifier ~ '__new_rows'}).include(database=false, schema=false) -%}
        {% call statement('main') -%}
            create or replace temporary table {{ new_rows }} as ({{ compiled_code }});
            {{ change_by_keys(target_relation, new_rows) }}
            drop table {{ new_rows }};
        {%- endcall %}
        {{ run_hooks(post_hooks) }}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{% macro replace_table() %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {% call statement('main') -%}
        drop {{ 'view' if existing is not none and existing.is_view else 'table' }} if exists {{ target_relation }};
        {%- set slices = slices_of_model() -%}
        {%- for slice in range(slices) %}
        {%- if slices > 1 %}
        set variable slice = {{ slice }};
        set variable slices = {{ slices }};
        {%- endif %}
        {%- if loop.first %}
        {{ create_table_as(False, target_relation, compiled_code) }};
        {%- else %}
        insert into {{ target_relation }} by name ({{ compiled_code }});
        {%- endif %}
        {%- endfor %}
        {%- if slices > 1 %}
        {#- What this connection makes next is not in slices, or in others. -#}
        reset variable slice;
        reset variable slices;
        {%- endif %}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
{% endmacro %}

{#- Into how many slices a table is made: one for so many rows of the model that config `sliced_by_rows_of` names. What is wide and
    sorted would else stand on disk whole before its first row comes out: 36 GB for a province's candidates. -#}
{% macro slices_of_model() %}
    {%- set measured = config.get('sliced_by_rows_of') -%}
    {%- if measured is none -%}{{ return(1) }}{%- endif -%}
    {%- set rows = run_query('select count(*) from ' ~ ref(measured)).rows[0][0] -%}
    {{ return(1 + rows // var('rows_of_slice', 10000000)) }}
{% endmacro %}

{#- Condition that leaves the rows of the slice that is being made, by a column whose rows need each other; true for a table in one. -#}
{% macro is_in_slice(column) %}{{ return(adapter.dispatch('is_in_slice', 'creditlake')(column)) }}{% endmacro %}
{% macro default__is_in_slice(column) %}
    {{ return("coalesce(hash(" ~ column ~ ") % getvariable('slices') = getvariable('slice'), true)") }}
{% endmacro %}
{% macro spark__is_in_slice(column) %}{{ return('true') }}{% endmacro %}
