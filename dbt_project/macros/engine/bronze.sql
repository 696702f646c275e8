{#- `source(folder, table)` reads the Delta table of the lake directly. A unit test's fixture comes as a common table
    expression and is left as it is. -#}
{% macro source(source_name, table_name) %}
    {%- set relation = builtins.source(source_name, table_name) -%}
    {%- if not execute or relation.is_cte -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return(creditlake.delta_table(source_name ~ '/' ~ table_name)) }}
{% endmacro %}

{#- SQL text of a Delta table of the lake; path is relative to the lake's address. -#}
{% macro delta_table(path) %}
    {{ return(adapter.dispatch('delta_table', 'creditlake')(var('lake_url').rstrip('/') ~ '/' ~ path)) }}
{% endmacro %}

{% macro default__delta_table(url) %}
    {{ return("delta_scan('" ~ url | replace("'", "''") ~ "')") }}
{% endmacro %}

{% macro spark__delta_table(url) %}
    {{ return("delta.`" ~ url ~ "`") }}
{% endmacro %}
