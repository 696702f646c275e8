{{ config(affected_column='record_id', change_columns=['record_id']) }}

with decisions as (
    select *
    from {{ ref('publicity_decision') }}
    where outcome in ('never', 'held') and {{ is_affected('held_record', 'record_id') }}
),

links as (
    select record_id, min(reason) as link_reason
    from {{ ref('subject_link') }}
    where {{ is_affected('held_record', 'record_id') }}
    group by record_id
),

reasons as (
    select rule_id, reason_code, min(text) as reason_text
    from (
        select rule_id, reason_code, text from {{ ref('policy_never_published') }}
        union all
        select rule_id, reason_code, text from {{ ref('policy_hold') }}
    ) as rules
    group by rule_id, reason_code
)

select
    decisions.record_id,
    decisions.channel,
    decisions.contract_id,
    decisions.system_id,
    decisions.business_key,
    decisions.outcome,
    decisions.reason_code,
    decisions.rule_id,
    reasons.reason_text,
    decisions.mark,
    links.link_reason
from decisions
left join reasons on decisions.rule_id = reasons.rule_id and decisions.reason_code = reasons.reason_code
left join links on decisions.record_id = links.record_id
