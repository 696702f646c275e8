{#- Condition on the companion table: rows of the batches that count, on an incremental build of those that came. -#}
{% macro is_reading_wanted(model_name) -%}
    {%- set current = ref('current_batch') -%}
    {%- if not is_full_build() and is_incremental() -%}
        {%- set found = run_query('select batch_id from ' ~ ref('affected_' ~ model_name)
            ~ ' where batch_id in (select batch_id from ' ~ current ~ ') order by batch_id') -%}
        {%- set ids = found.columns[0].values() | list -%}
        {%- if ids -%} batch_id in ('{{ ids | join("', '") }}') {%- else -%} false {%- endif -%}
    {%- else -%}
        batch_id in (select batch_id from {{ current }})
    {%- endif -%}
{%- endmacro %}
