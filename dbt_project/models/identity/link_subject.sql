{#- Subjects of the newest records whose link is to be decided in this build; one row per record and role, with
    what the models that follow compare. -#}
{{ config(materialized='table') }}

with records as (
    {% for contract_id in linked_contracts() -%}
    select record_id, business_key, cast({{ record_day(contract_id) }} as date) as record_date
    from {{ ref('stg_' ~ contract_id) }} where {{ is_affected('subject_link', 'record_id') }}
    union all
    {% endfor -%}
    select record_id, business_key, record_date from {{ ref('stg_shared') }} where {{ is_affected('subject_link', 'record_id') }}
)

select
    concat(reading.record_id, '/', reading.role) as subject_id,
    records.business_key,
    records.record_date,
    reading.record_id,
    reading.contract_id,
    reading.role,
    reading.name_raw,
    reading.name_key,
    reading.name_cell_key,
    reading.name_alternatives,
    reading.name_folded,
    reading.name_unplaced,
    reading.name_core,
    reading.name_region,
    reading.name_brand,
    reading.name_form,
    reading.name_branch,
    reading.name_division,
    reading.code_clean,
    reading.code_status,
    reading.code_repairs,
    reading.uscc,
    reading.organisation_code,
    reading.registration_number,
    reading.address_normalised,
    reading.division_code,
    reading.is_natural_person
from {{ ref('subject_reading') }} as reading
inner join records on reading.record_id = records.record_id
where reading.{{ is_of_linked_contract() }}
