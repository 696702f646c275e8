{#- Written by `python -m transforms.documents` from connectors/contracts: change the contract instead.
    Columns with the kind that decides how SQL treats them. -#}
{% macro shared_contracts() -%}
{{ return({
}) }}
{%- endmacro %}
