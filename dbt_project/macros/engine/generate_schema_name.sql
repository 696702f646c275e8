{#- A model's schema is its room (staging, identity, …) on every engine, so that readers need no prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
