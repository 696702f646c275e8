{#- Which record a document belongs to: by its own number, else by what a list of its system says of its file. A file name
    that two files bear, or of which lists say two things, tells nothing: a document at the wrong record is worse than one
    that waits. A number with a year in brackets means the same decision whoever sends it, any other only in its system. -#}
{{ config(materialized='view') }}

with documents as (
    select record_id, system_id, title as file_name, {{ key_text('number') }} as number_key, state is not null as is_file
    from {{ ref('stg_shared') }}
    where contract_id = 'document'
),

single_files as (
    select system_id, file_name, min(record_id) as record_id
    from documents
    where is_file
    group by system_id, file_name
    having count(*) = 1
),

said_by_lists as (
    select system_id, file_name, min(number_key) as said_key
    from documents
    where not is_file and number_key is not null
    group by system_id, file_name
    having count(distinct number_key) = 1
),

numbered as (
    select record_id, system_id, number_key
    from documents
    where is_file and number_key is not null
    union
    select files.record_id, files.system_id, lists.said_key as number_key
    from single_files as files
    inner join said_by_lists as lists on files.system_id = lists.system_id and files.file_name = lists.file_name
    inner join documents on files.record_id = documents.record_id
    where documents.number_key is null
),

records as (
    select record_id, 'administrative_penalty' as contract_id, system_id, {{ key_text('decision_number') }} as number_key
    from {{ ref('stg_administrative_penalty') }}
    union all
    select record_id, 'administrative_licence' as contract_id, system_id, {{ key_text('decision_number') }} as number_key
    from {{ ref('stg_administrative_licence') }}
    union all
    select record_id, 'list_entry' as contract_id, system_id, {{ key_text('decision_number') }} as number_key
    from {{ ref('stg_list_entry') }}
    union all
    select record_id, contract_id, system_id, {{ key_text('number') }} as number_key
    from {{ ref('stg_shared') }}
    where contract_id <> 'document'
)

select numbered.record_id as document_record_id, records.record_id, records.contract_id, numbered.number_key
from numbered
inner join records on numbered.number_key = records.number_key
where
    numbered.system_id = records.system_id
    or numbered.number_key like '%(20__)%'
    or numbered.number_key like '%(19__)%'
