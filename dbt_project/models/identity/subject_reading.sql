{#- The companion table by the newest reading version that has read a record, of batches that count; one row per record and
    role. Batches are named as literals, so that statistics of the files let the engine skip the others. -#}
{{ config(affected_column='batch_id', change_columns=['batch_id']) }}
{{ depends_on_affected('subject_reading') }}

select *
from {{ source('companion', 'subject') }}
where
    reading_version = (select max(reading_version) as newest_version from {{ source('companion', 'subject') }})
    and {{ is_reading_wanted('subject_reading') }}
