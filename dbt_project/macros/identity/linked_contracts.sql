{#- Record types with staging of their own whose subjects are linked to enterprises; the register is what they are linked to. -#}
{% macro linked_contracts() -%}
    {{ return(['administrative_licence', 'administrative_penalty', 'complaint', 'list_entry', 'sampling_inspection']) }}
{%- endmacro %}

{#- Condition on rows with a contract_id: the record type's subjects are linked, wherever it is staged. -#}
{% macro is_of_linked_contract() -%}
    contract_id in ({{ listed(linked_contracts() + shared_contract_ids(having='subjects')) }})
{%- endmacro %}
