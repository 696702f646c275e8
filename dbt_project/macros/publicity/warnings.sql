{#- Departments that an entry names and the policy knows. A name that it does not know may be anything: it is not shown, and
    receives nothing. -#}
{% macro known_receivers(model_name) -%}
    select distinct record_id, department
    from {{ ref('list_receiver') }}
    where department is not null and {{ is_affected(model_name, 'record_id') }}
{%- endmacro %}

{#- What both editions say of a warning, in a select list. -#}
{% macro warning_columns(entries) -%}
    {%- for column in [
        'uscc', 'subject_name', 'list_type', 'warning_level', 'ground', 'legal_basis', 'decision_number', 'deciding_authority',
        'listed_date', 'valid_until_date'
    ] %}
    {{ entries }}.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
