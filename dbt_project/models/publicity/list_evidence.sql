{#- Records that are signs of a listing. Which words, numbers and shares are signs is policy; none of them lists anybody. -#}
{{ config(materialized='table') }}

with rules as (
    select candidates.* from {{ ref('policy_list_candidate') }} as candidates where {{ is_in_force('candidates', decision_day()) }}
),

penalties as (
    select
        record_id, uscc, decision_date, penalty_category, coalesce(fine_amount_yuan, 0) > 0 as is_fine,
        concat_ws(' ', violation_type, case_name, violation_facts, penalty_basis) as words
    from {{ ref('credit_penalty') }}
    where decision_date is not null and coalesce(record_state, '正常') <> '撤销'
),

heavier as (
    select distinct penalties.*
    from penalties
    inner join {{ ref('policy_penalty_type') }} as types on contains(penalties.penalty_category, types.text)
    where types.is_heavier
),

-- Fines whose last day ends a span with enough of them, and the others in that span.
spans as (
    select newest.uscc, newest.decision_date, rules.rule_id, rules.months
    from penalties as newest
    cross join rules
    inner join penalties as earlier
        on
            newest.uscc = earlier.uscc and earlier.is_fine and newest.decision_date >= earlier.decision_date
            and newest.decision_date < {{ add_months('earlier.decision_date', 'rules.months') }}
    where rules.kind = 'repeated_fines' and newest.is_fine
    group by newest.uscc, newest.decision_date, rules.rule_id, rules.months, rules.minimum_count
    having count(distinct earlier.record_id) >= rules.minimum_count
),

complaints as (
    select
        record_id, uscc, {{ shanghai_date('received_at') }} as received_date, coalesce(platform_name, '') as platform_name,
        coalesce(trade_category, '') as trade_category
    from {{ ref('credit_complaint') }}
    where role = 'respondent'
),

counted as (
    select
        rules.rule_id, rules.percentile, rules.minimum_count, rules.minimum_group, complaints.platform_name,
        complaints.trade_category, complaints.uscc, count(distinct complaints.record_id) as complaint_count
    from complaints
    cross join rules
    where
        rules.kind = 'complaints' and complaints.received_date <= {{ decision_day() }}
        and {{ decision_day() }} < {{ add_months('complaints.received_date', 'rules.months') }}
    group by
        rules.rule_id, rules.percentile, rules.minimum_count, rules.minimum_group, complaints.platform_name,
        complaints.trade_category, complaints.uscc
),

ranked as (
    select
        counted.*,
        percent_rank() over (partition by rule_id, platform_name, trade_category order by complaint_count) as share_below,
        count(*) over (partition by rule_id, platform_name, trade_category) as group_size
    from counted
),

found as (
    select rules.rule_id, heavier.uscc, heavier.record_id, 'administrative_penalty' as contract_id, heavier.decision_date as evidence_date
    from heavier
    inner join rules on contains(heavier.words, rules.word)
    where rules.kind = 'heavier_penalty' and {{ is_in_force('rules', 'heavier.decision_date') }}
    union
    select spans.rule_id, fines.uscc, fines.record_id, 'administrative_penalty' as contract_id, fines.decision_date as evidence_date
    from spans
    inner join penalties as fines
        on
            spans.uscc = fines.uscc and fines.is_fine and spans.decision_date >= fines.decision_date
            and spans.decision_date < {{ add_months('fines.decision_date', 'spans.months') }}
    union
    select ranked.rule_id, complaints.uscc, complaints.record_id, 'complaint' as contract_id, complaints.received_date as evidence_date
    from ranked
    inner join complaints
        on
            ranked.uscc = complaints.uscc and ranked.platform_name = complaints.platform_name
            and ranked.trade_category = complaints.trade_category
    where
        ranked.group_size >= ranked.minimum_group and ranked.complaint_count >= ranked.minimum_count
        and ranked.share_below * 100 > ranked.percentile
)

select
    {{ key_of('candidate', ['rules.list_type', 'found.uscc', "coalesce(rules.ground_rule_id, rules.rule_id)"]) }} as candidate_id,
    found.rule_id,
    found.uscc,
    found.record_id,
    found.contract_id,
    found.evidence_date
from found
inner join rules on found.rule_id = rules.rule_id
