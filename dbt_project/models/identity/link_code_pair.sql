{#- Pairs that a code brings together; the strongest evidence of each pair (5 to 1): the code itself, the
    same code but for look-alike characters, the organisation code or the registration number alone, one slip
    away, an organisation code inside another number. -#}
{{ config(materialized='table') }}

with subjects as (
    select subject_id, uscc, code_clean, code_status, code_repairs, organisation_code, registration_number
    from {{ ref('link_subject') }}
    where code_clean is not null or uscc is not null or organisation_code is not null or registration_number is not null
),

enterprises as (
    select uscc, organisation_code, registration_number, code_shape
    from {{ ref('link_sought_name') }}
    where is_current
),

repairs as (
    select subject_id, {{ each_word('code_repairs') }} as uscc
    from subjects
    where code_repairs is not null and uscc is null
),

pairs as (
    select subjects.subject_id, enterprises.uscc, 5 as code_level
    from subjects
    inner join enterprises on coalesce(subjects.uscc, subjects.code_clean) = enterprises.uscc
    union all
    select subjects.subject_id, enterprises.uscc, 4 as code_level
    from subjects
    inner join enterprises on {{ code_shape('subjects.code_clean') }} = enterprises.code_shape
    where subjects.uscc is null and length(subjects.code_clean) = 18
    union all
    select subjects.subject_id, enterprises.uscc, 3 as code_level
    from subjects
    inner join enterprises on subjects.code_clean = enterprises.organisation_code
    where subjects.uscc is null and length(subjects.code_clean) = 9
    union all
    select subjects.subject_id, enterprises.uscc, 3 as code_level
    from subjects
    inner join enterprises on subjects.registration_number = enterprises.registration_number
    where subjects.uscc is null
    union all
    select subjects.subject_id, enterprises.uscc, 1 as code_level
    from subjects
    inner join enterprises on subjects.organisation_code = enterprises.organisation_code
    where subjects.uscc is null and length(subjects.code_clean) <> 9
    union all
    select repairs.subject_id, enterprises.uscc, 2 as code_level
    from repairs
    inner join enterprises on repairs.uscc = enterprises.uscc
)

select subject_id, uscc, max(code_level) as code_level
from pairs
group by subject_id, uscc
