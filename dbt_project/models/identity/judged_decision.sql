{#- Every decision of the desk with what it is about and whether it stands. Decisions are few: judged anew in every build;
    standing_decision says which of them differ. One that was turned back does not stand again when the one that turned it
    back is turned back itself: who wants it again decides again. -#}
{{ config(materialized='table') }}

with decisions as (
    select
        business_key as decision_key,
        decision_number,
        {{ key_text('decision_number') }} as number_key,
        verdict,
        coalesce(scope, case when decided_record_id is null then '名称' else '记录' end) as scope,
        decided_record_id,
        subject_role,
        subject_contract,
        {{ key_text('platform_name') }} as platform_key,
        {{ key_text('subject_name') }} as shop_key,
        case when verdict in ('同一', '不是') then uscc end as uscc,
        {{ key_text('revokes') }} as revokes_key,
        decided_at,
        content_digest,
        record_id
    from {{ ref('stg_link_decision') }}
    where system_id = 'desk'
),

turned_back as (
    select distinct revokes_key
    from decisions
    where revokes_key <> number_key and verdict <> '待定'
),

names as (
    select record_id, name_key
    from {{ ref('subject_reading') }}
    where contract_id = 'link_decision'
)

select
    decisions.decision_key,
    decisions.decision_number,
    decisions.verdict,
    decisions.scope,
    records.contract_id as record_contract,
    records.business_key as record_key,
    decisions.subject_role,
    case when decisions.scope = '名称' then names.name_key end as name_key,
    case when decisions.scope = '名称' then decisions.shop_key end as shop_key,
    decisions.subject_contract,
    decisions.platform_key,
    decisions.uscc,
    decisions.decided_at,
    decisions.content_digest,
    case
        when turned_back.revokes_key is not null then 'turned_back'
        when decisions.verdict = '撤销' then 'turns_back'
        when decisions.verdict = '待定' then 'undecided'
        when decisions.scope = '记录' and records.record_id is null then 'record_unknown'
        when decisions.scope = '名称' and names.name_key is null then 'name_unreadable'
        else 'stands'
    end as state
from decisions
left join turned_back on decisions.number_key = turned_back.revokes_key
left join {{ ref('decided_record') }} as records
    on case when decisions.scope = '记录' then decisions.decided_record_id end = records.record_id
left join names on decisions.record_id = names.record_id
