{#- Whether a row of a policy seed holds on a day: from `valid_from` until before `valid_to`, each open when empty. -#}
{% macro is_in_force(rule, date) -%}
    (({{ rule }}.valid_from is null or {{ rule }}.valid_from <= {{ date }})
        and ({{ rule }}.valid_to is null or {{ date }} < {{ rule }}.valid_to))
{%- endmacro %}

{#- Whether a row of a policy seed is for the channel and the place of a record. -#}
{% macro is_for(rule, record) -%}
    ({{ rule }}.channel in ('all', {{ record }}.channel)
        and ({{ rule }}.region is null or {{ record }}.region like {{ rule }}.region || '%'))
{%- endmacro %}

{#- Whether the row is in force on the day of the decision or, where it says so, takes over windows that run. -#}
{% macro reaches(rule, record) -%}
    ({{ is_in_force(rule, record ~ '.decision_date') }}
        or ({{ rule }}.applies_to_running_windows and {{ record }}.decision_date < {{ rule }}.valid_from
            and {{ is_in_force(rule, record ~ '.as_of_date') }}))
{%- endmacro %}

{#- Text of types of penalty without what stands between them. -#}
{% macro without_separators(types) -%}
    {{ replace_every(types, '[;；、,，/ 　]', '') }}
{%- endmacro %}

{#- Whether a decision names this type of penalty and nothing else. -#}
{% macro is_only(type) -%}
    coalesce({{ without_separators('records.penalty_types') }} = '{{ type }}' and coalesce(records.fine_amount_yuan, 0) = 0, false)
{%- endmacro %}
