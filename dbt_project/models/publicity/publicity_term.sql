{%- set rule_columns = 'rule_id, valid_from, valid_to, channel, region, record_kind, class_set, class, shortest_months, '
    ~ 'longest_months, clock, detail_level, applies_to_running_windows, mark' %}

with rules as (
    select {{ rule_columns }} from {{ ref('policy_period') }}
    union all
    select {{ rule_columns }} from {{ ref('policy_list_term') }}
),

records as (
    select
        facts.record_id, facts.channel, facts.contract_id, facts.as_of_date, facts.region, facts.decision_date,
        facts.restriction_until_date, facts.stated_until_date,
        coalesce(facts.first_published_date, greatest(facts.as_of_date, facts.decision_date)) as shown_from_date,
        classes.class_set, classes.class_rule_id, classes.class_mark,
        case when facts.contract_id = 'administrative_penalty' then classes.class else facts.record_class end as class
    from {{ ref('publicity_fact') }} as facts
    left join {{ ref('publicity_class') }} as classes
        on facts.record_id = classes.record_id and facts.channel = classes.channel
),

ruled as (
    select
        records.record_id, records.channel, records.as_of_date, records.decision_date, records.restriction_until_date,
        records.stated_until_date, records.class, records.class_rule_id, rules.rule_id, rules.clock,
        rules.detail_level, rules.valid_from, rules.shortest_months, rules.longest_months,
        {{ is_in_force('rules', 'records.decision_date') }} as is_of_decision_day,
        case when rules.mark = 'verified' and coalesce(records.class_mark, 'verified') = 'verified' then 'verified'
            else 'assumption'
        end as mark,
        case when rules.clock in ('publication', 'restriction') then records.shown_from_date else records.decision_date end as from_date,
        coalesce(length(rules.region), 0) as region_length
    from records
    inner join rules
        on
            records.contract_id = rules.record_kind and records.class = rules.class
            and coalesce(records.class_set, '') = coalesce(rules.class_set, '')
            and {{ is_for('rules', 'records') }} and {{ reaches('rules', 'records') }}
),

windows as (
    select
        record_id, channel, rule_id, class, class_rule_id, mark, clock, detail_level, valid_from, region_length,
        is_of_decision_day, from_date, {{ add_months('from_date', 'shortest_months') }} as repairable_from_date,
        case clock
            when 'restriction' then {{ day_after('restriction_until_date') }}
            when 'stated' then {{ day_after('stated_until_date') }}
            when 'stated_or_open' then {{ day_after('stated_until_date') }}
            when 'open' then null
            else {{ add_months('from_date', 'longest_months') }}
        end as to_date
    from ruled
),

-- Nearly every record has one rule of its day; only where several meet they are ranked, which means sorting.
met as (
    select record_id, channel
    from windows
    where is_of_decision_day
    group by record_id, channel
    having count(*) > 1
),

ranked as (
    select
        windows.*,
        row_number() over (
            partition by windows.record_id, windows.channel order by windows.region_length desc, windows.rule_id asc
        ) as place
    from windows
    inner join met on windows.record_id = met.record_id and windows.channel = met.channel
    where windows.is_of_decision_day
),

own as (
    select windows.*, 1 as place
    from windows
    left join met on windows.record_id = met.record_id and windows.channel = met.channel
    where windows.is_of_decision_day and met.record_id is null
    union all
    select * from ranked where place = 1
),

-- A later rule that takes over a window which still ran when it came into force; it ends no day that has passed.
taken_over as (
    select
        later.record_id, later.channel, later.rule_id, later.class, later.class_rule_id, later.mark, later.clock,
        later.detail_level, later.from_date, later.repairable_from_date,
        greatest(later.to_date, later.valid_from) as to_date,
        row_number() over (
            partition by later.record_id, later.channel
            order by later.valid_from desc, later.region_length desc, later.rule_id asc
        ) as place
    from windows as later
    inner join own on later.record_id = own.record_id and later.channel = own.channel
    where not later.is_of_decision_day and (own.to_date is null or own.to_date > later.valid_from)
)

select
    own.record_id,
    own.channel,
    coalesce(later.rule_id, own.rule_id) as rule_id,
    coalesce(later.class, own.class) as class,
    coalesce(later.class_rule_id, own.class_rule_id) as class_rule_id,
    coalesce(later.mark, own.mark) as mark,
    coalesce(later.clock, own.clock) as clock,
    coalesce(later.detail_level, own.detail_level) as detail_level,
    coalesce(later.from_date, own.from_date) as from_date,
    case when later.record_id is null then own.repairable_from_date else later.repairable_from_date end
        as repairable_from_date,
    case when later.record_id is null then own.to_date else later.to_date end as to_date
from own
left join taken_over as later
    on own.record_id = later.record_id and own.channel = later.channel and later.place = 1
