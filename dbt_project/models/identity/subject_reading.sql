{#- The companion table by the newest reading version that has read a record; one row per record and role. -#}

select *
from {{ source('companion', 'subject') }}
where reading_version = (select max(reading_version) as newest_version from {{ source('companion', 'subject') }})
