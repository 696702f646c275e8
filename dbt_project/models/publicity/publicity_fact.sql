with channels as (
    select 'credit_china' as channel
    union all
    select 'necips' as channel
    union all
    select 'departments' as channel
),

attested as (
    select penalties.record_id
    from {{ ref('stg_administrative_penalty') }} as penalties
    inner join {{ source('declared', 'publicity_notice') }} as notices on penalties.system_id = notices.system_id
    where
        {{ is_affected('publicity_decision', 'record_id', 'penalties.record_id') }}
        and {{ is_in_force('notices', 'penalties.decision_date') }}
        and (notices.region is null or {{ region_of_authority() }} like notices.region || '%')
    group by penalties.record_id
),

-- Days of releases, whichever version of the record was in them.
first_shown as (
    select contract_id, business_key, channel, min(first_published_date) as first_published_date
    from {{ source('released', 'first_publication') }}
    where business_key is not null
    group by contract_id, business_key, channel
),

receivers as (
    select record_id, count(*) = count(department) as are_known
    from {{ ref('list_receiver') }}
    where {{ is_affected('publicity_decision', 'record_id') }}
    group by record_id
),

links as (
    select
        record_id, status = 'linked' and uscc is not null as is_linked,
        -- A person's name under a code of its own is an individual business: public, with the name masked.
        coalesce(is_natural_person, false) and not coalesce(status = 'linked' and uscc like '92%', false) as is_person,
        coalesce(uscc like '92%', false) as is_individual_business, uscc
    from {{ ref('subject_link') }}
    where {{ is_affected('publicity_decision', 'record_id') }}
),

licences as (
    select
        record_id, contract_id, system_id, business_key, {{ region_of_authority() }} as region,
        counterpart_category as category, counterpart_name as party_name, false as is_under_18,
        coalesce(secrecy_review = '涉密', false) as is_secret, false as is_internal, false as is_publication_ordered,
        {{ is_withdrawn_licence() }} as is_withdrawn, false as is_suspended, false as is_summary_procedure,
        coalesce(decision_number, licence_number) is not null as has_number, decision_date,
        cast(null as date) as first_published_date,
        cast(null as {{ text_type() }}) as penalty_types, cast(null as decimal(20, 2)) as fine_amount_yuan,
        false as is_key_sector, cast(null as date) as restriction_until_date, false as has_notice,
        cast(null as {{ text_type() }}) as list_type, cast(null as date) as stated_until_date, cast(null as date) as ended_date,
        cast(null as {{ text_type() }}) as ended_class, false as is_shared, false as lacks_visibility, false as lacks_receivers,
        coalesce({{ matches('licence_state', '^[0-9]+$') }}, false) as has_unread_state,
        'licence' as record_class, false as is_for_credit_china_alone
    from {{ ref('stg_administrative_licence') }}
    where {{ is_affected('publicity_decision', 'record_id') }}
),

penalties as (
    select
        records.record_id, contract_id, system_id, business_key, {{ region_of_authority() }} as region,
        counterpart_category as category, counterpart_name as party_name, coalesce(party_is_minor = '是', false) as is_under_18,
        coalesce(secrecy_review = '涉密', false) as is_secret, false as is_internal,
        coalesce(publication_order = '是', false) as is_publication_ordered, coalesce(record_state = '撤销', false) as is_withdrawn,
        publicity_suspension is not null as is_suspended, {{ is_summary_procedure() }} as is_summary_procedure,
        decision_number is not null as has_number, decision_date, first_published_date,
        -- An amount is a penalty though the category does not name it: nothing else may make of it a warning alone.
        case
            when penalty_category is not null then concat_ws(
                '；', penalty_category,
                case when fine_amount_yuan > 0 and penalty_category not like '%罚款%' then '罚款' end,
                case when confiscated_amount_yuan > 0 and penalty_category not like '%没收%' then '没收违法所得' end
            )
            when {{ is_warning_only() }} then '警告'
        end as penalty_types,
        cast(fine_amount_yuan as decimal(20, 2)) as fine_amount_yuan, {{ is_of_key_sector() }} as is_key_sector,
        case when penalty_category like '%限制%' then penalty_valid_until_date end as restriction_until_date,
        -- What the record says of itself goes before what its department says of all.
        coalesce(publicity_notice = '已告知', attested.record_id is not null) as has_notice,
        cast(null as {{ text_type() }}) as list_type, cast(null as date) as stated_until_date, repaired_date as ended_date,
        'repaired' as ended_class, false as is_shared, false as lacks_visibility, false as lacks_receivers,
        coalesce({{ matches('record_state', '^[0-9]+$') }}, false) as has_unread_state,
        cast(null as {{ text_type() }}) as record_class, false as is_for_credit_china_alone
    from {{ ref('stg_administrative_penalty') }} as records
    left join attested on records.record_id = attested.record_id
    where {{ is_affected('publicity_decision', 'record_id', 'records.record_id') }}
),

listings as (
    select
        records.record_id, contract_id, system_id, business_key, cast(null as {{ text_type() }}) as region,
        subject_category as category, subject_name as party_name, false as is_under_18,
        coalesce(secrecy_review = '涉密', false) as is_secret,
        -- A warning is public only where it says so; other lists unless they say not.
        coalesce(visibility <> '公开发布', list_type = '全网警示') as is_internal, false as is_publication_ordered,
        coalesce(removal_type = '撤销', false) as is_withdrawn, false as is_suspended, false as is_summary_procedure,
        true as has_number, listed_date as decision_date, cast(null as date) as first_published_date,
        cast(null as {{ text_type() }}) as penalty_types, cast(null as decimal(20, 2)) as fine_amount_yuan,
        false as is_key_sector, cast(null as date) as restriction_until_date, false as has_notice,
        list_type, valid_until_date as stated_until_date, removed_date as ended_date, 'moved_out' as ended_class,
        coalesce(visibility = '部门共享' or visibility = '公开发布' and list_type = '全网警示' and receivers.record_id is not null, false)
        as is_shared,
        coalesce(visibility is null and list_type = '全网警示', false) as lacks_visibility,
        not coalesce(receivers.are_known, false) as lacks_receivers, false as has_unread_state,
        list_type as record_class, false as is_for_credit_china_alone
    from {{ ref('stg_list_entry') }} as records
    left join receivers on records.record_id = receivers.record_id
    where {{ is_affected('publicity_decision', 'record_id', 'records.record_id') }}
),

-- One that its source calls expired has ended, whatever day it states: on the day of that version at the latest.
honours as (
    {{ facts_of_shared(
        'honour', 'awarded_date', "coalesce(record_state = '撤销', false) or coalesce(honour_state = '撤销', false) or revoked_date is not null",
        "case when honour_state = '到期' then least(" ~ day_after('valid_until_date') ~ ", " ~ shanghai_date('version_at') ~ ") end",
        ['record_state', 'honour_state'], "'honour'"
    ) }}
),

commitments as (
    {{ facts_of_shared(
        'commitment', 'commitment_date', "coalesce(record_state = '撤销', false)", "cast(null as date)",
        ['record_state', 'performance'],
        "case when performance = '违反承诺' or breach_date is not null then 'broken_commitment' else 'commitment' end"
    ) }}
),

records as (
    select * from licences
    union all
    select * from penalties
    union all
    select * from listings
    union all
    select * from honours
    union all
    select * from commitments
)

select
    records.record_id,
    records.contract_id,
    records.system_id,
    records.business_key,
    channels.channel,
    {{ decision_day() }} as as_of_date,
    records.region,
    case
        when records.category = '自然人' or links.is_person then 'natural_person'
        when records.category = '个体工商户' or links.is_individual_business then 'individual_business'
        else 'organisation'
    end as party_kind,
    coalesce({{ is_personal_name('records.party_name', 'links.uscc') }}, false) as has_personal_name,
    records.is_under_18,
    records.is_secret,
    records.is_internal,
    records.lacks_visibility,
    records.lacks_receivers,
    records.has_unread_state,
    records.is_publication_ordered,
    records.is_withdrawn or coalesce(events.is_withdrawn, false) as is_withdrawn,
    records.is_suspended,
    records.is_summary_procedure,
    records.has_number,
    records.party_name is not null as has_party,
    coalesce(links.is_linked, false) as is_linked,
    records.decision_date,
    -- Null: not shown yet, so that a window that runs from publication would begin on the day asked.
    case when channels.channel = 'necips' then least(records.first_published_date, first_shown.first_published_date)
        else first_shown.first_published_date
    end as first_published_date,
    records.penalty_types,
    records.fine_amount_yuan,
    records.is_key_sector,
    records.restriction_until_date,
    records.has_notice,
    records.list_type,
    records.record_class,
    records.stated_until_date,
    least(records.ended_date, events.repaired_date) as ended_date,
    coalesce(events.is_under_objection, false) as is_under_objection,
    case
        when records.ended_date <= events.repaired_date or events.repaired_date is null then records.ended_class
        else 'repaired'
    end as ended_class,
    case
        when records.is_withdrawn then 'revoked'
        when events.is_withdrawn then 'objection_upheld'
    end as withdrawn_class
from records
inner join channels
    on
        channels.channel = 'credit_china' or channels.channel = 'necips' and not records.is_for_credit_china_alone
        or channels.channel = 'departments' and records.is_shared
left join links on records.record_id = links.record_id
left join {{ ref('publicity_event') }} as events on records.record_id = events.record_id
left join first_shown
    on
        records.contract_id = first_shown.contract_id and records.business_key = first_shown.business_key
        and channels.channel = first_shown.channel
