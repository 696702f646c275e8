{#- Facts of a record type with shared staging that Credit China alone shows, in the columns of `publicity_fact`'s other kinds:
    the day it is of, whether it was taken back, the day from which it has ended, its columns of states, and its class. -#}
{% macro facts_of_shared(contract_id, decision_date, is_withdrawn, ended_date, states, record_class) -%}
    select
        record_id, contract_id, system_id, business_key, cast(null as {{ text_type() }}) as region,
        subject_category as category, subject_name as party_name, false as is_under_18,
        false as is_secret, false as is_internal, false as is_publication_ordered, {{ is_withdrawn }} as is_withdrawn,
        false as is_suspended, false as is_summary_procedure, true as has_number, {{ decision_date }} as decision_date,
        cast(null as date) as first_published_date,
        cast(null as {{ text_type() }}) as penalty_types, cast(null as decimal(20, 2)) as fine_amount_yuan,
        false as is_key_sector, cast(null as date) as restriction_until_date, false as has_notice,
        cast(null as {{ text_type() }}) as list_type, valid_until_date as stated_until_date, {{ ended_date }} as ended_date,
        'window_over' as ended_class, false as is_shared, false as lacks_visibility, false as lacks_receivers,
        coalesce({{ matches("concat_ws(' ', " ~ states | join(', ') ~ ")", '(^| )[0-9]+( |$)') }}, false) as has_unread_state,
        {{ record_class }} as record_class, true as is_for_credit_china_alone
    from {{ ref('stg_' ~ contract_id) }}
    where {{ is_affected('publicity_decision', 'record_id') }}
{%- endmacro %}
