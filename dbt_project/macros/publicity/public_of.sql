{#- Linked records that a channel shows today, in the public-class columns of their contract (the model's YAML lists them),
    with the window and the rule of each channel; a channel that does not show the record has none.
    What a name gives away about a person is masked in every text of the row, and numbers and addresses of persons too. -#}
{% macro public_of(credit_model, model_name, contract_id) %}
{%- set name_column = 'subject_name' if model_name == 'public_list_entry' else 'counterpart_name' %}
{%- set free_text = free_text_columns(model_name) %}
{%- set numbers = number_columns(model_name) %}
with shown as (
    select
        record_id,
        {% for channel in ['credit_china', 'necips'] -%}
        {% for column, expression in window_columns().items() -%}
        max(case when channel = '{{ channel }}' then {{ expression }} end) as {{ channel }}_{{ column }},
        {% endfor -%}
        {% endfor -%}
        max(masking_rule_id) as masking_rule_id,
        max(case when is_under_objection then '异议处理中' end) as objection_mark
    from {{ ref('publicity_decision') }}
    where is_published and {{ is_affected(model_name, 'record_id') }}
    group by record_id
),

records as (
    select
        credit.*,
        {{ is_personal_name('credit.' ~ name_column, 'credit.uscc') }} as has_personal_name,
        {{ own_person('staged.legal_representative', 'credit.' ~ name_column) }} as person
    from {{ ref(credit_model) }} as credit
    inner join {{ ref('stg_' ~ contract_id) }} as staged on credit.record_id = staged.record_id
    where {{ is_affected(model_name, 'record_id', 'credit.record_id') }}
),

-- Texts without the names of the record's own persons.
unnamed as (
    select
        {% for name in column_names_of(model_name) if name in free_text + numbers -%}
        {%- set written = 'case when has_personal_name then replace(' ~ name ~ ', ' ~ name_column ~ ', ' ~ masked_name(name_column) ~ ') else ' ~ name ~ ' end' %}
        {{ without_person(written, 'person') }} as {{ name }},
        {% endfor -%}
        record_id
    from records
)

select
    {% for name in column_names_of(model_name) -%}
    {%- if name == name_column -%}
    case when has_personal_name then {{ masked_name('records.' ~ name) }} else {{ masked_text('records.' ~ name) }} end as {{ name }}
    {%- elif name in free_text -%}
    {{ masked_text('unnamed.' ~ name) }} as {{ name }}
    {%- elif name in numbers -%}
    {{ masked_number('unnamed.' ~ name) }} as {{ name }}
    {%- else -%}
    {{ 'records.record_id' if name == 'record_id' else name }}
    {%- endif -%}{{ ',' if not loop.last }}
    {% endfor %}
from records
inner join unnamed on records.record_id = unnamed.record_id
inner join shown on records.record_id = shown.record_id
{% endmacro %}

{#- What is published about a channel's window: end of the column's name and expression over `publicity_decision`. The end is
    the first day no longer shown. -#}
{% macro window_columns() %}
    {{ return({
        'from_date': 'from_date',
        'to_date': 'to_date',
        'detail_level': "case detail_level when 'field_table' then '数据表' when 'list_entry' then '名单记录' else '摘要和决定书' end",
        'rule_id': 'rule_id',
        'mark': "case mark when 'verified' then '已核' else '推定' end",
    }) }}
{% endmacro %}

{#- Columns in which people write what they like, as a list; none while dbt only parses. Unit tests override both lists,
    since they have no graph. -#}
{% macro free_text_columns(model_name) %}
    {{ return(columns_said(model_name, 'is_free_text')) }}
{% endmacro %}

{#- Columns of document numbers, in which a telephone may stand beside the number. -#}
{% macro number_columns(model_name) %}
    {{ return(columns_said(model_name, 'is_document_number')) }}
{% endmacro %}

{#- Columns that the model's YAML says something of. -#}
{% macro columns_said(model_name, said) %}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for name, column in graph.nodes['model.creditlake.' ~ model_name].columns.items() if column.meta.get(said) -%}
            {%- do found.append(name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}
