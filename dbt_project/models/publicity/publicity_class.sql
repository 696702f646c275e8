with sets as (
    select distinct class_set, channel, region, record_kind, valid_from, valid_to, applies_to_running_windows
    from {{ ref('policy_period') }}
    where class_set is not null
),

-- Many decisions share day, place, channel and kind of party: sets and thresholds are found once for each.
cases as (
    select distinct contract_id, channel, region, party_kind, decision_date, as_of_date
    from {{ ref('publicity_fact') }}
),

-- The sets of classes that the day of the decision selects, and those that take over windows that run.
sets_of_case as (
    select
        cases.contract_id, cases.channel, cases.region, cases.party_kind, cases.decision_date, cases.as_of_date, sets.class_set,
        max(case when {{ is_in_force('sets', 'cases.decision_date') }} then 1 else 0 end) = 1 as is_of_decision_day
    from cases
    inner join sets
        on cases.contract_id = sets.record_kind and {{ is_for('sets', 'cases') }} and {{ reaches('sets', 'cases') }}
    group by
        cases.contract_id, cases.channel, cases.region, cases.party_kind, cases.decision_date, cases.as_of_date, sets.class_set
),

measures as (
    select
        sets_of_case.contract_id, sets_of_case.channel, sets_of_case.region, sets_of_case.party_kind,
        sets_of_case.decision_date, sets_of_case.as_of_date, sets_of_case.class_set, sets_of_case.is_of_decision_day,
        max(case when limits.measure = 'lower_fine_yuan' then limits.value end) as lower_fine_yuan,
        max(case when limits.measure = 'long_restriction_months' then limits.value end) as long_restriction_months
    from sets_of_case
    left join {{ ref('policy_threshold') }} as limits
        on
            sets_of_case.class_set = limits.class_set and limits.party_kind in ('all', sets_of_case.party_kind)
            and {{ is_for('limits', 'sets_of_case') }} and {{ is_in_force('limits', 'sets_of_case.decision_date') }}
    group by
        sets_of_case.contract_id, sets_of_case.channel, sets_of_case.region, sets_of_case.party_kind,
        sets_of_case.decision_date, sets_of_case.as_of_date, sets_of_case.class_set, sets_of_case.is_of_decision_day
),

-- A day or place may be missing: equal then too.
measured as (
    select
        facts.record_id, facts.channel, facts.penalty_types, facts.is_key_sector, facts.fine_amount_yuan, facts.decision_date,
        facts.restriction_until_date, measures.class_set, measures.is_of_decision_day, measures.lower_fine_yuan,
        measures.long_restriction_months
    from {{ ref('publicity_fact') }} as facts
    inner join measures
        on
            facts.contract_id = measures.contract_id and facts.channel = measures.channel
            and facts.party_kind = measures.party_kind and facts.as_of_date = measures.as_of_date
            and coalesce(facts.region, '') = coalesce(measures.region, '')
            and coalesce(facts.decision_date, date '0001-01-01') = coalesce(measures.decision_date, date '0001-01-01')
),

conditions as (
    select
        record_id, channel, class_set, penalty_types, is_key_sector, is_of_decision_day,
        case
            when lower_fine_yuan is null or fine_amount_yuan is null then 'unknown_fine'
            when fine_amount_yuan <= lower_fine_yuan then 'lower_fine'
            else 'not_lower_fine'
        end as fine_size,
        coalesce(
            {{ day_after('restriction_until_date') }} > {{ add_months('decision_date', 'long_restriction_months') }}, false
        ) as has_long_restriction
    from measured
),

-- Few combinations stand for all decisions.
kinds as (
    select distinct class_set, penalty_types, is_key_sector, fine_size, has_long_restriction
    from conditions
    where penalty_types is not null
),

types as (
    select
        kinds.penalty_types, sum(length(known.text)) as known_length
    from (select distinct penalty_types from kinds) as kinds
    inner join {{ ref('policy_penalty_type') }} as known on contains(kinds.penalty_types, known.text)
    group by kinds.penalty_types
),

matched as (
    select
        kinds.class_set, kinds.penalty_types, kinds.is_key_sector, kinds.fine_size, kinds.has_long_restriction,
        rules.class, rules.rule_id, rules.mark,
        row_number() over (
            partition by
                kinds.class_set, kinds.penalty_types, kinds.is_key_sector, kinds.fine_size, kinds.has_long_restriction
            order by rules.class_rank desc, rules.rule_id asc
        ) as place
    from kinds
    inner join {{ ref('policy_severity') }} as rules
        on
            kinds.class_set = rules.class_set
            and (rules.penalty_type = '*' or contains(kinds.penalty_types, rules.penalty_type))
            and (
                rules.applies_when is null or kinds.fine_size = rules.applies_when
                or (rules.applies_when = 'key_sector' and kinds.is_key_sector)
                or (rules.applies_when = 'long_restriction' and kinds.has_long_restriction)
            )
)

select
    conditions.record_id,
    conditions.channel,
    conditions.class_set,
    conditions.is_of_decision_day,
    conditions.fine_size,
    -- A type that nobody knows may be the heaviest of all.
    case when types.known_length = length({{ without_separators('conditions.penalty_types') }}) then matched.class
        else 'unknown'
    end as class,
    matched.rule_id as class_rule_id,
    matched.mark as class_mark
from conditions
left join types on conditions.penalty_types = types.penalty_types
left join matched
    on
        conditions.class_set = matched.class_set and conditions.penalty_types = matched.penalty_types
        and conditions.is_key_sector = matched.is_key_sector and conditions.fine_size = matched.fine_size
        and conditions.has_long_restriction = matched.has_long_restriction and matched.place = 1
