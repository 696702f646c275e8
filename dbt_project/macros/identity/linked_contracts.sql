{#- Record types whose subjects are linked to enterprises; the register itself is what they are linked to. -#}
{% macro linked_contracts() -%}
    {{ return(['administrative_licence', 'administrative_penalty', 'complaint', 'list_entry', 'sampling_inspection']) }}
{%- endmacro %}
