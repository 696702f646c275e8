{#- What decisions say of the subjects whose link is to be decided in this build: at most one verdict that names an
    enterprise or says there is none, and the enterprises it is not. A decision about the record goes before one about its name; of
    several the newest holds, for names the one that says more closely which records it means. -#}
{{ config(materialized='table') }}

with decisions as (
    select * from {{ ref('standing_decision') }} where state = 'stands'
),

subjects as (
    select
        subject_id, record_id, contract_id, role, business_key, name_key,
        count(*) over (partition by record_id) as roles
    from {{ ref('link_subject') }}
),

shops as (
    select
        record_id,
        {{ key_text('platform_name') }} as platform_key,
        {{ key_text('shop_name') }} as shop_key
    from {{ ref('stg_complaint') }}
    where platform_name is not null and {{ is_affected('subject_link', 'record_id') }}
),

matched as (
    select subjects.subject_id, 2 as ruling_level, decisions.decision_key
    from subjects
    inner join decisions
        on subjects.contract_id = decisions.record_contract and subjects.business_key = decisions.record_key
    where
        decisions.scope = '记录'
        and (decisions.subject_role = subjects.role or (decisions.subject_role is null and subjects.roles = 1))
    union
    select subjects.subject_id, 1 as ruling_level, decisions.decision_key
    from subjects
    inner join decisions on subjects.name_key = decisions.name_key
    left join shops on subjects.record_id = shops.record_id
    where
        coalesce(decisions.subject_contract, subjects.contract_id) = subjects.contract_id
        and coalesce(decisions.subject_role, subjects.role) = subjects.role
        and (decisions.platform_key is null or decisions.platform_key = shops.platform_key)
    union
    select subjects.subject_id, 1 as ruling_level, decisions.decision_key
    from shops
    inner join decisions on shops.platform_key = decisions.platform_key and shops.shop_key = decisions.shop_key
    inner join subjects on shops.record_id = subjects.record_id
    where coalesce(decisions.subject_contract, subjects.contract_id) = subjects.contract_id
),

ranked as (
    select
        matched.subject_id,
        matched.ruling_level,
        decisions.verdict,
        decisions.uscc,
        decisions.decision_number,
        row_number() over (
            partition by matched.subject_id, matched.ruling_level, decisions.verdict = '不是'
            order by
                case when decisions.platform_key is null then 0 else 4 end
                + case when decisions.subject_role is null then 0 else 2 end
                + case when decisions.subject_contract is null then 0 else 1 end desc,
                decisions.decided_at desc, decisions.content_digest desc, decisions.decision_key desc
        ) as verdict_place,
        row_number() over (
            partition by matched.subject_id, matched.ruling_level, decisions.uscc
            order by decisions.decided_at desc, decisions.content_digest desc, decisions.decision_key desc
        ) as code_place
    from matched
    inner join decisions on matched.decision_key = decisions.decision_key
),

holding as (
    select subject_id, ruling_level, verdict, uscc, decision_number
    from ranked
    where
        (verdict = '不是' and code_place = 1)
        or (verdict = '查无此企业' and verdict_place = 1)
        or (verdict = '同一' and verdict_place = 1 and code_place = 1)
),

-- What is said of the record: each enterprise it speaks of, and whether it says who it is or that there is none.
said_of_record as (
    select distinct subject_id, uscc from holding where ruling_level = 2
),

settled_by_record as (
    select subject_id from holding where ruling_level = 2 and verdict <> '不是'
)

select holding.*
from holding
left join said_of_record on holding.subject_id = said_of_record.subject_id and holding.uscc = said_of_record.uscc
left join settled_by_record on holding.subject_id = settled_by_record.subject_id
where
    holding.ruling_level = 2
    or (
        said_of_record.subject_id is null
        and (holding.verdict = '不是' or settled_by_record.subject_id is null)
    )
