{#- Linked records that nothing holds back, in the public-class columns of their contract (the model's YAML lists them).
    What a name gives away about a person is masked in every text of the row. -#}
{% macro public_of(credit_model, model_name) %}
{%- set name_column = 'subject_name' if model_name == 'public_list_entry' else 'counterpart_name' %}
{%- set free_text = free_text_columns(model_name) %}
with records as (
    select
        credit.*,
        {{ is_personal_name(name_column, 'credit.uscc') }} as has_personal_name
    from {{ ref(credit_model) }} as credit
    where
        {{ is_affected(model_name, 'record_id') }}
        and record_id not in (select record_id from {{ ref('held_record') }})
)

select
    {% for name in column_names_of(model_name) -%}
    {%- if name == name_column -%}
    case when has_personal_name then {{ masked_name(name) }} else {{ name }} end as {{ name }}
    {%- elif name in free_text -%}
    {{ masked_text('case when has_personal_name then replace(' ~ name ~ ', ' ~ name_column ~ ', '
        ~ masked_name(name_column) ~ ') else ' ~ name ~ ' end') }} as {{ name }}
    {%- else -%}
    {{ name }}
    {%- endif -%}{{ ',' if not loop.last }}
    {% endfor %}
from records
{% endmacro %}

{#- Columns in which people write what they like, as a list; none while dbt only parses. Unit tests override it, since they
    have no graph. -#}
{% macro free_text_columns(model_name) %}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for name, column in graph.nodes['model.creditlake.' ~ model_name].columns.items() if column.meta.get('is_free_text') -%}
            {%- do found.append(name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}
