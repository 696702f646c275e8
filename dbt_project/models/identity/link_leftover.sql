{#- Subjects with a name that neither a code nor a whole name has brought to an enterprise: only for these is it worth
    looking for slips. -#}
{{ config(materialized='table') }}

select subjects.subject_id, subjects.name_key, length(subjects.name_key) as name_length
from {{ ref('link_subject') }} as subjects
where
    length(subjects.name_key) between 4 and 60
    and not exists (
        select 1 from {{ ref('link_name_pair') }} as name_pairs
        where name_pairs.subject_id = subjects.subject_id and name_pairs.name_level >= 4
    )
    and not exists (
        select 1 from {{ ref('link_code_pair') }} as code_pairs
        where code_pairs.subject_id = subjects.subject_id and code_pairs.code_level >= 5
    )
