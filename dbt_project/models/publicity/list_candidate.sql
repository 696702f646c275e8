{#- Enterprises that somebody should look at for a list. Whoever is on it already is no candidate. -#}
{{ config(materialized='table') }}

with listed as (
    select uscc, list_type from {{ ref('credit_list_entry') }} where removed_date is null group by uscc, list_type
)

select
    evidence.candidate_id,
    evidence.uscc,
    max(
        case when {{ is_personal_name('enterprises.enterprise_name', 'evidence.uscc') }}
            then {{ masked_name('enterprises.enterprise_name') }} else enterprises.enterprise_name end
    ) as enterprise_name,
    rules.list_type,
    rules.kind,
    rules.kind = 'complaints' as is_signal_only,
    max(grounds.rule_id) as ground_rule_id,
    max(grounds.text) as ground_text,
    {{ joined_values('rules.rule_id') }} as rule_ids,
    {{ joined_values('rules.text') }} as reason_text,
    cast(count(distinct evidence.record_id) as bigint) as evidence_count,
    min(evidence.evidence_date) as first_date,
    max(evidence.evidence_date) as last_date,
    min(rules.mark) as mark
from {{ ref('list_evidence') }} as evidence
inner join {{ ref('policy_list_candidate') }} as rules on evidence.rule_id = rules.rule_id
inner join {{ ref('enterprise') }} as enterprises on evidence.uscc = enterprises.uscc
left join {{ ref('policy_list_ground') }} as grounds on rules.ground_rule_id = grounds.rule_id
left join listed on evidence.uscc = listed.uscc and rules.list_type = listed.list_type
where listed.uscc is null
group by evidence.candidate_id, evidence.uscc, rules.list_type, rules.kind
