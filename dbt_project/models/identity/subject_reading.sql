{#- The companion table by the newest reading version that has read a record; one row per record and role. -#}
{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

with ranked as (
    select
        reading.*,
        max(reading_version) over () as newest_version
    from {{ source('companion', 'subject') }} as reading
)

select *
from ranked
where reading_version = newest_version
