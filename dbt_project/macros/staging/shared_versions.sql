{#- Staging that record types share when no rule reads their single columns (`staging: shared` in the contract): identity,
    order of versions and summary of their records. What their contracts say of them is in `shared_contracts`. -#}

{#- Ids of these record types; `having` leaves those with `subjects`, with a `summary` (`title`) or `published` ones. -#}
{% macro shared_contract_ids(having=none) -%}
    {%- set found = [] -%}
    {%- for contract_id, facts in shared_contracts().items() if having is none or facts[having] -%}
        {%- do found.append(contract_id) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Ids as a list of SQL texts; of none a text that no id is. -#}
{% macro listed(ids) -%} '{{ ids | join("', '") }}' {%- endmacro %}

{#- What is to be read, contract id to batch ids and whether corrections are among what counts: on a full build all batches
    that count, else those that are not in `previous` and all corrections. Only record types that have any are named, so that
    a table of the lake is opened only when there is something in it. -#}
{% macro shared_batches(previous) -%}
    {%- set wanted = {} -%}
    {%- if execute -%}
        {%- set arrived -%}
            {%- if previous is none -%} true
            {%- else -%} (mode = 'correction' or batch_id not in (select batch_id from {{ previous }})) {%- endif -%}
        {%- endset -%}
        {%- set found = run_query(
            'select contract_id, batch_id, mode from ' ~ ref('current_batch') ~ ' where contract_id in ('
            ~ listed(shared_contract_ids()) ~ ') and ' ~ arrived ~ ' order by contract_id, batch_id') -%}
        {%- for contract_id, batch_id, mode in found.rows -%}
            {%- set one = wanted.setdefault(contract_id, {'batches': [], 'corrected': []}) -%}
            {%- do one.batches.append(batch_id) -%}
            {%- do one.corrected.append(batch_id) if mode == 'correction' -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(wanted) }}
{%- endmacro %}

{#- Record types with shared staging of which the lake has ever taken a record. -#}
{% macro delivered_shared_contracts() -%}
    {%- if not execute or model.resource_type == 'unit_test' -%} {{ return([]) }} {%- endif -%}
    {%- set found = run_query(
        'select distinct contract_id from ' ~ source('bronze', 'ledger') ~ ' where records_accepted > 0 and contract_id in ('
        ~ listed(shared_contract_ids()) ~ ') order by contract_id') -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}

{#- Rows of bronze that are to be read, in the shape that these record types share. -#}
{% macro shared_arrivals(previous) -%}
{%- set contracts, wanted = shared_contracts(), shared_batches(previous) -%}
{%- for contract_id, found in wanted.items() %}
{%- set facts, rows = contracts[contract_id], delta_table('bronze/' ~ contract_id) %}
select
    record_id,
    '{{ contract_id }}' as contract_id,
    system_id,
    batch_id,
    content_digest,
    {{ shared_business_key(contract_id, facts.key) }} as business_key,
    {{ first_moment(facts.moments) }} as version_at,
    {{ first_text(facts.number) }} as number,
    {{ first_text(facts.title) }} as title,
    {{ first_text(facts.authority) }} as authority_name,
    {{ first_day(facts.date) }} as record_date,
    cast({{ first_of(facts.amount) }} as decimal(20, 2)) as amount_yuan,
    {{ first_text(facts.state) }} as state
from {{ rows }}
where
    batch_id in ({{ listed(found.batches) }})
    and (corrects is null{% if found.corrected %} or record_id in ({{ standing_corrections(contract_id, rows) }}){% endif %})
{{ 'union all' if not loop.last }}
{%- else %}
select
    batch_id as record_id, contract_id, system_id, batch_id, batch_id as content_digest, batch_id as business_key,
    delivered_at as version_at, path as number, path as title, path as authority_name, cast(delivered_at as date) as record_date,
    cast(0 as decimal(20, 2)) as amount_yuan, mode as state
from {{ ref('current_batch') }}
where false
{%- endfor %}
{%- endmacro %}

{#- What makes two rows versions of one record: the key's first column must be there, and names unmasked; else the row is a
    record by itself. `key` are (column, kind) pairs; a number may be one only within its system. -#}
{% macro shared_business_key(contract_id, key) -%}
    {%- set numbers = key | rejectattr(0, 'equalto', 'system_id') | list -%}
    {%- if not numbers -%} content_digest
    {%- else -%}
    {%- set parts = [] -%}
    {%- for column, kind in key -%} {%- do parts.append(key_part(column, kind)) -%} {%- endfor -%}
    case
        when {{ numbers[0][0] }} is not null
            {%- for column, kind in numbers if kind == 'name' %} and {{ is_named_party(column) }}{% endfor %}
            then {{ key_of(contract_id, parts) }}
        else content_digest
    end
    {%- endif -%}
{%- endmacro %}

{#- One part of a key as text. -#}
{% macro key_part(column, kind) -%}
    {%- if column == 'system_id' -%} system_id
    {%- elif kind == 'timestamp' -%} {{ moment_as_text(column) }}
    {%- elif kind in ['date', 'amount'] -%} cast({{ column }} as {{ text_type() }})
    {%- else -%} {{ key_text(column) }}
    {%- endif -%}
{%- endmacro %}

{#- First of several columns that is there, null when there is none: as it is, as text, as a moment, as a day in Shanghai.
    Columns are (name, kind) pairs. -#}
{% macro first_of(columns) -%}
    {%- if columns -%} coalesce({{ columns | map(attribute=0) | join(', ') }}, null) {%- else -%} null {%- endif -%}
{%- endmacro %}
{% macro first_text(columns) -%} cast({{ first_of(columns) }} as {{ text_type() }}) {%- endmacro %}
{% macro first_moment(columns) -%}
    {%- if not columns -%} cast(null as {{ timestamp_type() }})
    {%- else -%}
    coalesce({% for column, kind in columns %}
        {{- column if kind == 'timestamp' else shanghai_midnight(column) }}, {% endfor %}null)
    {%- endif -%}
{%- endmacro %}
{% macro first_day(columns) -%}
    {%- if not columns -%} cast(null as date)
    {%- else -%}
    coalesce({% for column, kind in columns %}
        {{- shanghai_date(column) if kind == 'timestamp' else column }}, {% endfor %}null)
    {%- endif -%}
{%- endmacro %}

{#- Newest records of a record type that is published, in all its columns; of a lake that holds none, no row. -#}
{% macro newest_of_shared(contract_id) -%}
{%- set versions = ref('shared_versions') -%}
{%- set columns = graph.nodes['model.creditlake.stg_' ~ contract_id].columns if execute else {} -%}
{%- if contract_id in delivered_shared_contracts() -%}
select
    {%- for name in columns %}
    {{ 'versions' if name in ['business_key', 'version_at', 'version_rank'] else 'bronze' }}.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ delta_table('bronze/' ~ contract_id) }} as bronze
inner join {{ versions }} as versions on bronze.record_id = versions.record_id
where versions.contract_id = '{{ contract_id }}' and versions.version_rank = 1
{%- else -%}
select
    {%- for name, column in columns.items() %}
    cast(null as {{ column.data_type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ versions }}
where false
{%- endif -%}
{%- endmacro %}

{#- For people and for the checks: all columns of a record type's newest versions, a view `stg_<contract>` on DuckDB for each
    record type that the lake holds and that has no model for it. -#}
{% macro newest_views() -%}
    {%- if execute and target.type == 'duckdb' -%}
    {%- for row in run_query('select distinct contract_id from ' ~ this ~ ' where contract_id not in ('
        ~ listed(shared_contract_ids(having='published')) ~ ') order by contract_id').rows %}
create or replace view staging.stg_{{ row[0] }} as
    select bronze.*, versions.business_key, versions.version_at, versions.version_rank
    from {{ delta_table('bronze/' ~ row[0]) }} as bronze
    inner join {{ this }} as versions on bronze.record_id = versions.record_id
    where versions.contract_id = '{{ row[0] }}' and versions.version_rank = 1;
    {%- endfor %}
    {%- endif -%}
{%- endmacro %}
