{#- Linked records that a channel shows today, in the public-class columns of their contract (the model's YAML lists them),
    with the window and the rule of each channel; a channel that does not show the record has none.
    What a name gives away about a person is masked in every text of the row, and numbers and addresses of persons too. -#}
{% macro public_of(credit_model, model_name, contract_id) %}
{%- set name_column = 'subject_name' if model_name == 'public_list_entry' else 'counterpart_name' %}
{%- set ways = ways_to_mask(model_name) %}
{%- set masked_codes = [] %}
{%- for name, way in ways.items() if way != 'text' -%} {%- do masked_codes.append(name) -%} {%- endfor %}
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
        {% for name in ways -%}
        {%- set written = 'case when has_personal_name then replace(' ~ name ~ ', ' ~ name_column ~ ', ' ~ masked_name(name_column) ~ ') else ' ~ name ~ ' end' %}
        {{ without_person(written, 'person') }} as {{ name }},
        {% endfor -%}
        case when has_personal_name then {{ masked_name(name_column) }} else {{ without_person(name_column, 'person') }} end
        as {{ name_column }},
        record_id, uscc, notes
    from records
),

masked as (
    select
        {% for name, way in ways.items() -%}
        {{ masked_as(way, 'unnamed.' ~ name) }} as {{ name }},
        {% endfor -%}
        {{ masked_text('unnamed.' ~ name_column) }} as {{ name_column }},
        record_id
    from unnamed
)

select
    {% for name in column_names_of(model_name) -%}
    {%- if name == 'masked_columns' -%}
    nullif(
        concat_ws(', ', cast(null as {{ text_type() }})
            {%- for code in masked_codes -%}
            , case when records.{{ code }} <> coalesce(masked.{{ code }}, '') then '{{ code }}' end
            {%- endfor -%}
        ), ''
    ) as masked_columns
    {%- elif name in ways or name == name_column -%}
    masked.{{ name }}
    {%- else -%}
    {{ 'records.' ~ name if name in ['record_id', 'uscc'] else name }}
    {%- endif -%}{{ ',' if not loop.last }}
    {% endfor %}
from records
inner join masked on records.record_id = masked.record_id
inner join shown on records.record_id = shown.record_id
{% endmacro %}

{#- A column's text as it may be public, by what the column holds. -#}
{% macro masked_as(way, text) %}
    {%- if way == 'registration_number' -%} {{ masked_registration_number(text, 'uscc', 'notes') }}
    {%- elif way == 'code' -%} {{ code_only(text) }}
    {%- else -%} {{ masked_text(text, way == 'number') }}
    {%- endif -%}
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

{#- What each column of text holds, for masking, as the model's YAML says it (`meta.masking`): text, listed (a list's value),
    number (of a document), registration_number, code; empty while dbt only parses. Unit tests override it, since they have no graph. -#}
{% macro ways_to_mask(model_name) %}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for name, column in graph.nodes['model.creditlake.' ~ model_name].columns.items() if column.meta.get('masking') -%}
            {%- do found.update({name: column.meta['masking']}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}
