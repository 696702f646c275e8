with channels as (
    select 'credit_china' as channel
    union all
    select 'necips' as channel
),

notices as (
    select penalties.record_id
    from {{ ref('stg_administrative_penalty') }} as penalties
    inner join {{ ref('policy_notice_attestation') }} as attested on penalties.system_id = attested.system_id
    where
        {{ is_in_force('attested', 'penalties.decision_date') }}
        and (attested.region is null or {{ region_of_authority() }} like attested.region || '%')
    group by penalties.record_id
),

links as (
    select
        record_id, status = 'linked' and uscc is not null as is_linked,
        coalesce(is_natural_person, false) and not coalesce(status = 'linked' and uscc like '92%', false) as is_person,
        coalesce(uscc like '92%', false) as is_individual_business, uscc
    from {{ ref('subject_link') }}
),

licences as (
    select
        record_id, contract_id, {{ region_of_authority() }} as region, counterpart_category as category, counterpart_name as party_name,
        {{ is_withdrawn_licence() }} as is_withdrawn, false as is_summary_procedure,
        coalesce(decision_number, licence_number) is not null as has_number, decision_date,
        cast(null as {{ text_type() }}) as penalty_types, cast(null as decimal(20, 2)) as fine_amount_yuan,
        false as is_key_sector, cast(null as date) as restriction_until_date, false as has_notice,
        cast(null as {{ text_type() }}) as list_type, cast(null as date) as stated_until_date, cast(null as date) as ended_date
    from {{ ref('stg_administrative_licence') }}
),

penalties as (
    select
        records.record_id, contract_id, {{ region_of_authority() }} as region, counterpart_category as category,
        counterpart_name as party_name, coalesce(record_state = '撤销', false) as is_withdrawn,
        {{ is_summary_procedure() }} as is_summary_procedure,
        decision_number is not null as has_number, decision_date,
        case
            when penalty_category is not null and fine_amount_yuan > 0 and penalty_category not like '%罚款%'
                then penalty_category || '；罚款'
            when penalty_category is not null then penalty_category
            when {{ is_warning_only() }} then '警告'
        end as penalty_types,
        cast(fine_amount_yuan as decimal(20, 2)) as fine_amount_yuan, {{ is_of_key_sector() }} as is_key_sector,
        case when penalty_category like '%限制%' then penalty_valid_until_date end as restriction_until_date,
        notices.record_id is not null as has_notice,
        cast(null as {{ text_type() }}) as list_type, cast(null as date) as stated_until_date, cast(null as date) as ended_date
    from {{ ref('stg_administrative_penalty') }} as records
    left join notices on records.record_id = notices.record_id
),

listings as (
    select
        record_id, contract_id, cast(null as {{ text_type() }}) as region, subject_category as category,
        subject_name as party_name, coalesce(removal_type = '撤销', false) as is_withdrawn, false as is_summary_procedure,
        true as has_number, listed_date as decision_date,
        cast(null as {{ text_type() }}) as penalty_types, cast(null as decimal(20, 2)) as fine_amount_yuan,
        false as is_key_sector, cast(null as date) as restriction_until_date, false as has_notice,
        list_type, valid_until_date as stated_until_date, removed_date as ended_date
    from {{ ref('stg_list_entry') }}
),

records as (
    select * from licences
    union all
    select * from penalties
    union all
    select * from listings
)

select
    records.record_id,
    records.contract_id,
    channels.channel,
    {{ shanghai_date('current_timestamp') }} as as_of_date,
    records.region,
    case
        when records.category = '自然人' or links.is_person then 'natural_person'
        when records.category = '个体工商户' or links.is_individual_business then 'individual_business'
        else 'organisation'
    end as party_kind,
    coalesce({{ is_personal_name('records.party_name', 'links.uscc') }}, false) as has_personal_name,
    -- No record type says these three yet: a secret or a minor is kept out by whoever delivers.
    false as is_under_18,
    false as is_secret,
    false as is_publication_ordered,
    records.is_withdrawn,
    records.is_summary_procedure,
    records.has_number,
    records.party_name is not null as has_party,
    coalesce(links.is_linked, false) as is_linked,
    records.decision_date,
    -- Null: not shown yet, so that a window that runs from publication would begin on the day asked.
    cast(null as date) as first_published_date,
    records.penalty_types,
    records.fine_amount_yuan,
    records.is_key_sector,
    records.restriction_until_date,
    records.has_notice,
    records.list_type,
    records.stated_until_date,
    records.ended_date
from records
cross join channels
left join links on records.record_id = links.record_id
