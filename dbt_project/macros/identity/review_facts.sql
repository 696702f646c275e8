{#- The day a record of such a type is dated, as SQL. -#}
{% macro record_day(contract_id) -%}
    {{ return({
        'administrative_licence': 'decision_date', 'administrative_penalty': 'decision_date',
        'complaint': shanghai_date('received_at'), 'list_entry': 'listed_date', 'sampling_inspection': 'announcement_date'
    }[contract_id]) }}
{%- endmacro %}

{#- What hangs on the records that may wait for a person, in one shape: number, day, amount, list. -#}
{% macro review_facts() -%}
    {%- set facts = {
        'administrative_licence': ['coalesce(decision_number, licence_number)', 'null', 'null'],
        'administrative_penalty': ['decision_number',
            'coalesce(fine_amount_yuan, 0) + coalesce(confiscated_amount_yuan, 0)', 'null'],
        'complaint': ['complaint_number', 'disputed_amount_yuan', 'null'],
        'list_entry': ['coalesce(entry_number, decision_number)', 'null', 'list_type'],
        'sampling_inspection': ['sampling_number', 'null', 'null']
    } -%}
    {% for contract_id in linked_contracts() -%}
    {%- set number, amount, list_type = facts[contract_id] -%}
    select
        record_id,
        {{ number }} as number,
        {{ record_day(contract_id) }} as record_date,
        cast({{ amount }} as decimal(20, 2)) as amount_yuan,
        cast({{ list_type }} as {{ text_type() }}) as list_type
    from {{ ref('stg_' ~ contract_id) }}
    where {{ is_affected('review_candidate', 'record_id') }}
    union all
    {% endfor -%}
    select record_id, number, record_date, amount_yuan, cast(null as {{ text_type() }}) as list_type
    from {{ ref('stg_shared') }}
    where {{ is_affected('review_candidate', 'record_id') }}
{%- endmacro %}
