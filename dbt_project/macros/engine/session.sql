{#- Before the first model: the schema of the change tables, once, since threads would run into each other. -#}
{% macro prepare_session() %}
    {%- if target.type == 'duckdb' and execute -%} create schema if not exists changes {%- endif -%}
{% endmacro %}
