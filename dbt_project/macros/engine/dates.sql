{#- The day in Beijing for which everything is decided; the program sets it once for a build. -#}
{% macro decision_day() %}
    {%- set day = env_var('DBT_DECISION_DAY', '') -%}
    {{ return("cast('" ~ day ~ "' as date)" if day else shanghai_date('current_timestamp')) }}
{% endmacro %}

{#- A date so many months later: the same day of that month, or its last day where it has no such day. -#}
{% macro add_months(date, months) %}{{ return(adapter.dispatch('add_months', 'creditlake')(date, months)) }}{% endmacro %}
{% macro default__add_months(date, months) %}
    {{ return("cast(" ~ date ~ " + to_months(" ~ months ~ ") as date)") }}
{% endmacro %}
{% macro spark__add_months(date, months) %}{{ return("add_months(" ~ date ~ ", " ~ months ~ ")") }}{% endmacro %}

{#- The day after a date. -#}
{% macro day_after(date) %}{{ return(adapter.dispatch('day_after', 'creditlake')(date)) }}{% endmacro %}
{% macro default__day_after(date) %}{{ return("(" ~ date ~ " + 1)") }}{% endmacro %}
{% macro spark__day_after(date) %}{{ return("date_add(" ~ date ~ ", 1)") }}{% endmacro %}
