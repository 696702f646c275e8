{#- Linked records that one of the channels shows today, in the public-class columns of their contract (the model's YAML lists
    them), with the window and the rule of each channel; a channel that does not show the record has none.
    What a name gives away about a person is masked in every text of the row, and numbers and addresses of persons too.
    Without a `credit_model` (record types with shared staging) the records are linked here; see `linked_newest`. -#}
{% macro public_of(credit_model, model_name, contract_id, channels=['credit_china', 'necips'], person_column=none) %}
{%- set name_column = 'counterpart_name' if contract_id in ['administrative_licence', 'administrative_penalty'] else 'subject_name' %}
{%- set ways = ways_to_mask(model_name) %}
{%- set texts, numbers, codes = [name_column], [], [] %}
{%- for name, way in ways.items() -%}
    {%- do (texts if way in ['text', 'listed'] else numbers).append(name) -%}
    {%- if way != 'text' -%} {%- do codes.append(name) -%} {%- endif -%}
{%- endfor -%}
with shown as (
    select
        record_id,
        {% for channel in channels -%}
        {% for column, expression in window_columns().items() -%}
        max(case when channel = '{{ channel }}' then {{ expression }} end) as {{ channel }}_{{ column }},
        {% endfor -%}
        {% endfor -%}
        max(masking_rule_id) as masking_rule_id,
        max(case when is_under_objection then '异议处理中' end) as objection_mark
    from {{ ref('publicity_decision') }}
    where is_published and contract_id = '{{ contract_id }}' and channel in ('{{ channels | join("', '") }}') and {{ is_affected(model_name, 'record_id') }}
    group by record_id
),

{% if credit_model is none -%}
credit as (
    {{ linked_newest(contract_id, model_name, person_column) }}
),

{% endif -%}
records as (
    select
        credit.*,
        {% for channel in channels -%}
        {% for column in window_columns() -%}
        shown.{{ channel }}_{{ column }},
        {% endfor -%}
        {% endfor -%}
        shown.masking_rule_id, shown.objection_mark,
        {{ is_personal_name('credit.' ~ name_column, 'credit.uscc') }} as has_personal_name,
        {% if credit_model is none -%}
        {{ own_person('credit.legal_representative', 'credit.' ~ name_column) }} as person
    from credit
    {%- else -%}
        {{ own_person('staged.legal_representative', 'credit.' ~ name_column) }} as person
    from {{ ref(credit_model) }} as credit
    inner join {{ ref('stg_' ~ contract_id) }} as staged on credit.record_id = staged.record_id
    {%- endif %}
    inner join shown on credit.record_id = shown.record_id
    where {{ is_affected(model_name, 'record_id', 'credit.record_id') }}
),

-- One look at all texts of a row: few hold anything to mask.
looked_at as (
    select
        *,
        has_personal_name
        or coalesce(contains({{ together(texts + numbers) }}, person), false) as names_person,
        coalesce({{ may_hold_value(together(texts)) }}, false) as may_hold_value
    from records
),

-- Texts without the names of the record's own persons: an operator's, and whoever else answers for the business.
unnamed as (
    select
        *,
        {% for name in ways -%}
        {%- set named = namespace(text=name) %}
        {%- for spelling in [name_column, operator_name(name_column), bare_name(name_column)] -%}
            {%- set named.text = 'replace(' ~ named.text ~ ', ' ~ spelling ~ ', ' ~ masked_name(name_column) ~ ')' %}
        {%- endfor %}
        {%- set written = 'case when has_personal_name then ' ~ named.text ~ ' else ' ~ name ~ ' end' %}
        case when names_person then {{ without_person(written, 'person') }} else {{ name }} end as unnamed_{{ name }},
        {% endfor -%}
        case when has_personal_name then {{ masked_name(name_column) }} else {{ without_person(name_column, 'person') }} end
        as unnamed_{{ name_column }}
    from looked_at
),

masked as (
    select
        *,
        {% for name, way in ways.items() -%}
        {%- set value = masked_as(way, 'unnamed_' ~ name) %}
        {% if name in numbers -%} {{ value }}
        {%- else -%} case when names_person or may_hold_value then {{ value }} else unnamed_{{ name }} end
        {%- endif %} as masked_{{ name }},
        {% endfor -%}
        {{ masked_text('unnamed_' ~ name_column) }} as masked_{{ name_column }}
    from unnamed
)

select
    {% for name in column_names_of(model_name) -%}
    {%- if name == 'masked_columns' -%}
    nullif(
        concat_ws(', ', cast(null as {{ text_type() }})
            {%- for code in codes -%}
            , case when {{ code }} <> coalesce(masked_{{ code }}, '') then '{{ code }}' end
            {%- endfor -%}
        ), ''
    ) as masked_columns
    {%- elif name in ways or name == name_column -%}
    masked_{{ name }} as {{ name }}
    {%- else -%}
    {{ name }}
    {%- endif -%}{{ ',' if not loop.last }}
    {% endfor %}
from masked
{% endmacro %}

{#- Newest records of a record type with shared staging under the code of the enterprise they are about, linked ones only, in the
    columns of their contract that the model lists. Who answers for the party stands in `person_column`, where there is such, else
    in the register. -#}
{% macro linked_newest(contract_id, model_name, person_column) -%}
    {%- set added = ['uscc', 'masking_rule_id', 'objection_mark', 'masked_columns'] -%}
    select
        links.uscc,
        {% for name in column_names_of(model_name) if name not in added and not name.startswith('credit_china_') -%}
        newest.{{ name }},
        {% endfor -%}
        newest.notes,
        {{ 'coalesce(newest.' ~ person_column ~ ', register.legal_representative)' if person_column else 'register.legal_representative' }}
        as legal_representative
    from {{ ref('stg_' ~ contract_id) }} as newest
    inner join {{ ref('subject_link') }} as links on newest.record_id = links.record_id
    left join {{ ref('enterprise') }} as enterprises on links.uscc = enterprises.uscc
    left join {{ ref('stg_enterprise_registration') }} as register on enterprises.record_id = register.record_id
    where links.status = 'linked' and {{ is_affected(model_name, 'record_id', 'newest.record_id') }}
{%- endmacro %}

{#- Keys of records that such a model may say otherwise: those decided anew, and those of enterprises whose registration changed. -#}
{% macro affected_linked(model_name) -%}
    {{ affected_keys('record_id', [('publicity_decision', 'record_id')]) }}
    {%- set registered = changes_of('enterprise') %}
    {%- if not is_full_build() and is_built(model_name) %}
union
select record_id
from {{ previous_state('publicity', model_name) }}
where uscc in (select uscc from {{ registered }})
    {%- endif %}
{%- endmacro %}

{#- Several columns as one text, a line each. -#}
{% macro together(names) %}
    {{ return("concat_ws(chr(10), " ~ names | join(', ') ~ ")") }}
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
