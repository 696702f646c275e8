{{ config(affected_column='uscc', change_columns=['uscc']) }}

with enterprises as (
    select
        uscc, record_id, enterprise_name, former_names, {{ is_personal_name('enterprise_name', 'uscc') }} as is_personal,
        {{ may_name_a_person('former_names', 'uscc') }} as was_personal
    from {{ ref('enterprise') }}
    where {{ is_affected('enterprise_profile', 'uscc') }}
),

{%- set texts = ['enterprise_type', 'registration_authority', 'province', 'city', 'county', 'address', 'business_scope',
    'organisation_code', 'registration_status', 'registered_capital_currency'] %}
{%- set codes = ['registration_number', 'organisation_code', 'registration_status', 'registered_capital_currency'] %}
{%- set facts = ['record_id', 'establishment_date', 'approval_date', 'registered_capital_amount'] %}

persons as (
    select
        registered.*,
        {{ own_person('registered.legal_representative', 'registered.enterprise_name') }} as person,
        case when {{ is_personal_name('registered.enterprise_name', 'registered.uscc') }}
            then {{ bare_name('registered.enterprise_name') }} end as operator
    from {{ ref('stg_enterprise_registration') }} as registered
    where record_id in (select record_id from enterprises)
),

unnamed as (
    select
        {{ facts | join(', ') }}, uscc, notes,
        {{ without_person(without_person('registration_number', 'operator'), 'person') }} as registration_number,
        {% for name in texts -%}
        {{ without_person(without_person(name, 'operator'), 'person') }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from persons
),

-- Texts without the names of operator and legal representative, numbers of persons and mail addresses.
register as (
    select
        {{ facts | join(', ') }},
        {{ masked_registration_number('registration_number', 'uscc', 'notes') }} as registration_number,
        {% for name in texts -%}
        {{ masked_text(name) }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from unnamed
),

licences as (
    select
        uscc,
        count(*) as licence_count,
        min(decision_date) as first_date,
        max(decision_date) as last_date
    from {{ ref('public_licence') }}
    where {{ is_affected('enterprise_profile', 'uscc') }}
    group by uscc
),

penalties as (
    select
        uscc,
        count(*) as penalty_count,
        cast(sum(fine_amount_yuan) as decimal(20, 2)) as fine_amount_yuan,
        min(decision_date) as first_date,
        max(decision_date) as last_date
    from {{ ref('public_penalty') }}
    where {{ is_affected('enterprise_profile', 'uscc') }}
    group by uscc
),

listings as (
    select
        uscc,
        count(*) as listing_count,
        sum(case when removed_date is null then 1 else 0 end) as current_listing_count,
        {{ joined_values('case when removed_date is null then list_type end') }} as current_lists,
        min(listed_date) as first_date,
        max(listed_date) as last_date
    from {{ ref('public_list_entry') }}
    where {{ is_affected('enterprise_profile', 'uscc') }}
    group by uscc
),

complaints as (
    select
        uscc,
        count(*) as complaint_count,
        {{ shanghai_date('max(received_at)') }} as last_date
    from {{ ref('credit_complaint') }}
    where {{ is_affected('enterprise_profile', 'uscc') }}
    group by uscc
),

inspections as (
    select
        uscc,
        count(distinct record_id) as inspection_count,
        max(announcement_date) as last_date
    from {{ ref('credit_inspection') }}
    where {{ is_affected('enterprise_profile', 'uscc') }}
    group by uscc
)

select
    enterprises.uscc,
    case when enterprises.is_personal then {{ masked_name('enterprises.enterprise_name') }}
        else {{ masked_text('enterprises.enterprise_name') }} end as enterprise_name,
    case when enterprises.is_personal or enterprises.was_personal then null
        else {{ masked_text('enterprises.former_names') }} end as former_names,
    register.registration_number,
    register.organisation_code,
    register.enterprise_type,
    register.registration_status,
    register.establishment_date,
    register.approval_date,
    register.registered_capital_amount,
    register.registered_capital_currency,
    register.registration_authority,
    register.province,
    register.city,
    register.county,
    case when enterprises.is_personal then null else register.address end as address,
    register.business_scope,
    cast(coalesce(licences.licence_count, 0) as bigint) as licence_count,
    licences.first_date as first_licence_date,
    licences.last_date as last_licence_date,
    cast(coalesce(penalties.penalty_count, 0) as bigint) as penalty_count,
    penalties.fine_amount_yuan,
    penalties.first_date as first_penalty_date,
    penalties.last_date as last_penalty_date,
    cast(coalesce(listings.listing_count, 0) as bigint) as listing_count,
    cast(coalesce(listings.current_listing_count, 0) as bigint) as current_listing_count,
    listings.current_lists,
    listings.first_date as first_listing_date,
    listings.last_date as last_listing_date,
    cast(coalesce(complaints.complaint_count, 0) as bigint) as complaint_count,
    complaints.last_date as last_complaint_date,
    cast(coalesce(inspections.inspection_count, 0) as bigint) as inspection_count,
    inspections.last_date as last_inspection_date,
    nullif(
        concat_ws(', '
            {%- for name in codes -%}
            , case when persons.{{ name }} <> coalesce(register.{{ name }}, '') then '{{ name }}' end
            {%- endfor -%}
        ), ''
    ) as masked_columns
from enterprises
left join persons on enterprises.record_id = persons.record_id
left join register on enterprises.record_id = register.record_id
left join licences on enterprises.uscc = licences.uscc
left join penalties on enterprises.uscc = penalties.uscc
left join listings on enterprises.uscc = listings.uscc
left join complaints on enterprises.uscc = complaints.uscc
left join inspections on enterprises.uscc = inspections.uscc
