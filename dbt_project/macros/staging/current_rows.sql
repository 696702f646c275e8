{#- Batches of a contract that count now, as SQL. -#}
{% macro batches_of(contract_id, corrections=none) -%}
    select batch_id from {{ ref('current_batch') }} where contract_id = '{{ contract_id }}'
    {%- if corrections is true %} and mode = 'correction'{% elif corrections is false %} and mode <> 'correction'{% endif %}
{%- endmacro %}

{#- Condition on bronze rows that leaves those to be read: on a full build rows of all batches that count, else rows of
    batches that count and are not in `previous` (the versions as the last build left them) and of all corrections.
    Ids stand there as literals, so that statistics of the files let the engine skip the other batches. -#}
{% macro is_to_be_read(contract_id, previous) -%}
    {%- if previous is none -%}
        batch_id in ({{ batches_of(contract_id) }})
    {%- else -%}
        {%- set found = run_query(
            'select batch_id from ' ~ ref('current_batch') ~ " where contract_id = '" ~ contract_id ~ "'"
            ~ " and (mode = 'correction' or batch_id not in (select distinct batch_id from " ~ previous ~ '))'
            ~ ' order by batch_id') -%}
        {%- set ids = found.columns[0].values() | list -%}
        {%- if ids -%} batch_id in ('{{ ids | join("', '") }}') {%- else -%} false {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Corrections that stand: the quarantined row they mend is in a batch that counts, or the same original row is again
    quarantined in one (a department that sends its broken row every day has still corrected it); of several
    corrections of a row the one delivered last. Condition on rows of bronze. -#}
{% macro standing_corrections(contract_id, rows=none) -%}
    select corrections.record_id
    from (
        select
            bronze.record_id,
            dense_rank() over (
                partition by bronze.corrects
                order by batches.delivered_at desc, batches.path desc, batches.source_digest desc
            ) as delivery_rank,
            bronze.corrects
        from {{ rows or source('bronze', contract_id) }} as bronze
        inner join {{ ref('current_batch') }} as batches on bronze.batch_id = batches.batch_id
        where bronze.corrects is not null and batches.contract_id = '{{ contract_id }}'
    ) as corrections
    left join {{ source('bronze', 'quarantine') }} as mended on corrections.corrects = mended.quarantine_id
    where
        corrections.delivery_rank = 1
        and (
            mended.quarantine_id is null
            or mended.batch_id in ({{ batches_of(contract_id) }})
            or md5(mended.original) in (
                select md5(still_broken.original)
                from {{ source('bronze', 'quarantine') }} as still_broken
                where still_broken.batch_id in ({{ batches_of(contract_id) }})
            )
        )
{%- endmacro %}
