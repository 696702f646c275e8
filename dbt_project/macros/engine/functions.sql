{#- What differs between DuckDB and Spark, one macro each. Expressions are SQL text; the result is SQL text. -#}

{#- Type of a moment in time with its zone (contracts of models use it too). -#}
{% macro timestamp_type() %}{{ return(adapter.dispatch('timestamp_type', 'creditlake')()) }}{% endmacro %}
{% macro default__timestamp_type() %}{{ return('timestamp with time zone') }}{% endmacro %}
{% macro spark__timestamp_type() %}{{ return('timestamp') }}{% endmacro %}

{#- Text as a list type. -#}
{% macro text_list_type() %}{{ return(adapter.dispatch('text_list_type', 'creditlake')()) }}{% endmacro %}
{% macro default__text_list_type() %}{{ return('varchar[]') }}{% endmacro %}
{% macro spark__text_list_type() %}{{ return('array<string>') }}{% endmacro %}

{#- Every match of a regular expression replaced. -#}
{% macro replace_every(text, pattern, replacement) %}
    {{ return(adapter.dispatch('replace_every', 'creditlake')(text, pattern, replacement)) }}
{% endmacro %}
{% macro default__replace_every(text, pattern, replacement) %}
    {{ return("regexp_replace(" ~ text ~ ", '" ~ pattern ~ "', '" ~ replacement ~ "', 'g')") }}
{% endmacro %}
{% macro spark__replace_every(text, pattern, replacement) %}
    {{ return("regexp_replace(" ~ text ~ ", '" ~ pattern | replace('\\', '\\\\') ~ "', '" ~ replacement ~ "')") }}
{% endmacro %}

{#- Whether a regular expression is found anywhere in the text. -#}
{% macro matches(text, pattern) %}{{ return(adapter.dispatch('matches', 'creditlake')(text, pattern)) }}{% endmacro %}
{% macro default__matches(text, pattern) %}
    {{ return("regexp_matches(" ~ text ~ ", '" ~ pattern ~ "')") }}
{% endmacro %}
{% macro spark__matches(text, pattern) %}
    {{ return("(" ~ text ~ " rlike '" ~ pattern | replace('\\', '\\\\') ~ "')") }}
{% endmacro %}

{#- Distinct values of a group as one text, sorted, null when there is none. -#}
{% macro joined_values(expression, separator='；') %}
    {{ return(adapter.dispatch('joined_values', 'creditlake')(expression, separator)) }}
{% endmacro %}
{% macro default__joined_values(expression, separator) %}
    {{ return("string_agg(distinct " ~ expression ~ ", '" ~ separator ~ "' order by " ~ expression ~ ")") }}
{% endmacro %}
{% macro spark__joined_values(expression, separator) %}
    {{ return("nullif(array_join(sort_array(collect_set(" ~ expression ~ ")), '" ~ separator ~ "'), '')") }}
{% endmacro %}

{#- Text of one member of a JSON object held as text; path as $.a.b -#}
{% macro json_text(document, path) %}{{ return(adapter.dispatch('json_text', 'creditlake')(document, path)) }}{% endmacro %}
{% macro default__json_text(document, path) %}
    {{ return("json_extract_string(" ~ document ~ ", '" ~ path ~ "')") }}
{% endmacro %}
{% macro spark__json_text(document, path) %}
    {{ return("get_json_object(" ~ document ~ ", '" ~ path ~ "')") }}
{% endmacro %}

{#- Whole days from one date to another. -#}
{% macro days_between(from_date, to_date) %}
    {{ return(adapter.dispatch('days_between', 'creditlake')(from_date, to_date)) }}
{% endmacro %}
{% macro default__days_between(from_date, to_date) %}
    {{ return("date_diff('day', " ~ from_date ~ ", " ~ to_date ~ ")") }}
{% endmacro %}
{% macro spark__days_between(from_date, to_date) %}
    {{ return("datediff(" ~ to_date ~ ", " ~ from_date ~ ")") }}
{% endmacro %}

{#- Whether a list of texts holds a value (an expression). Null list: false. -#}
{% macro list_has(list, value) %}
    {{ return("coalesce(array_contains(" ~ list ~ ", " ~ value ~ "), false)") }}
{% endmacro %}

{#- Text as a type. -#}
{% macro text_type() %}{{ return('varchar' if target.type == 'duckdb' else 'string') }}{% endmacro %}

{#- Every match replaced by its groups `before`, a text, and its groups `after`. -#}
{% macro replace_groups(text, pattern, before, middle, after=[]) %}
    {%- set mark = '\\' if target.type == 'duckdb' else '$' -%}
    {%- set groups = namespace(text='') -%}
    {%- for number in before -%}{%- set groups.text = groups.text ~ mark ~ number -%}{%- endfor -%}
    {%- set groups.text = groups.text ~ middle -%}
    {%- for number in after -%}{%- set groups.text = groups.text ~ mark ~ number -%}{%- endfor -%}
    {{ return(replace_every(text, pattern, groups.text)) }}
{% endmacro %}

{#- The day a moment falls on in Shanghai, whatever zone the session or the column has (no summer time since 1991). -#}
{% macro shanghai_date(moment) %}{{ return(adapter.dispatch('shanghai_date', 'creditlake')(moment)) }}{% endmacro %}
{% macro default__shanghai_date(moment) %}
    {{ return("cast(timezone('Asia/Shanghai', " ~ moment ~ ") as date)") }}
{% endmacro %}
{% macro spark__shanghai_date(moment) %}
    {{ return("date_add(date '1970-01-01', cast(floor((unix_seconds(" ~ moment ~ ") + 28800) / 86400) as int))") }}
{% endmacro %}

{#- A moment as text that two engines write alike: microseconds since 1970. -#}
{% macro moment_as_text(moment) %}{{ return(adapter.dispatch('moment_as_text', 'creditlake')(moment)) }}{% endmacro %}
{% macro default__moment_as_text(moment) %}{{ return("cast(epoch_us(" ~ moment ~ ") as varchar)") }}{% endmacro %}
{% macro spark__moment_as_text(moment) %}{{ return("cast(unix_micros(" ~ moment ~ ") as string)") }}{% endmacro %}

{#- Midnight of a date in Shanghai, as a moment. -#}
{% macro shanghai_midnight(date) %}{{ return(adapter.dispatch('shanghai_midnight', 'creditlake')(date)) }}{% endmacro %}
{% macro default__shanghai_midnight(date) %}
    {{ return("timezone('Asia/Shanghai', cast(" ~ date ~ " as timestamp))") }}
{% endmacro %}
{% macro spark__shanghai_midnight(date) %}
    {{ return("timestamp_seconds(datediff(" ~ date ~ ", date '1970-01-01') * 86400 - 28800)") }}
{% endmacro %}

{#- One row for each piece of a text between matches of a regular expression. -#}
{% macro each_piece(text, separator) %}{{ return(adapter.dispatch('each_piece', 'creditlake')(text, separator)) }}{% endmacro %}
{% macro default__each_piece(text, separator) %}
    {{ return("unnest(regexp_split_to_array(" ~ text ~ ", '" ~ separator ~ "'))") }}
{% endmacro %}
{% macro spark__each_piece(text, separator) %}{{ return("explode(split(" ~ text ~ ", '" ~ separator ~ "'))") }}{% endmacro %}
