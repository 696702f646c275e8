{{ config(affected_column='record_id', change_columns=['record_id']) }}

with classes as (
    select record_id, channel, class from {{ ref('publicity_class') }}
    where is_of_decision_day
),

public_lists as (
    select distinct channel, class from {{ ref('policy_list_term') }}
),

records as (
    select
        facts.*, terms.rule_id as term_rule_id, terms.class, terms.class_rule_id, terms.mark, terms.clock,
        terms.detail_level, terms.from_date, terms.repairable_from_date,
        -- A listing that was moved out, a record that was repaired: shown until the day before.
        case when facts.ended_date < terms.to_date or terms.to_date is null then coalesce(facts.ended_date, terms.to_date)
            else terms.to_date
        end as to_date,
        coalesce(facts.ended_date < terms.to_date, facts.ended_date is not null) as is_ended_early,
        coalesce(facts.contract_id <> 'list_entry' or public_lists.class is not null, false) as may_be_public,
        facts.contract_id = 'administrative_penalty' and classes.record_id is not null as has_classes,
        classes.class as class_of_decision_day
    from {{ ref('publicity_fact') }} as facts
    left join {{ ref('publicity_term') }} as terms
        on facts.record_id = terms.record_id and facts.channel = terms.channel
    left join classes on facts.record_id = classes.record_id and facts.channel = classes.channel
    left join public_lists on facts.channel = public_lists.channel and facts.list_type = public_lists.class
),

bars as (
    select 'never' as outcome, rule_id, reason_code, valid_from, valid_to, channel, region, record_kind, priority, mark
    from {{ ref('policy_never_published') }}
    union all
    select 'held' as outcome, rule_id, reason_code, valid_from, valid_to, channel, region, record_kind, priority, mark
    from {{ ref('policy_hold') }}
),

barred as (
    select
        records.record_id, records.channel, bars.outcome, bars.rule_id, bars.reason_code, bars.mark,
        row_number() over (partition by records.record_id, records.channel order by bars.priority, bars.rule_id) as place
    from records
    inner join bars
        on
            bars.record_kind in ('all', records.contract_id) and {{ is_for('bars', 'records') }}
            and {{ is_in_force('bars', "coalesce(records.decision_date, records.as_of_date)") }}
            and case bars.reason_code
                when 'natural_person' then records.party_kind = 'natural_person'
                when 'under_18' then records.is_under_18
                when 'secret' then records.is_secret
                when 'withdrawn' then records.is_withdrawn
                when 'not_for_the_public' then records.is_internal
                when 'visibility_missing' then records.lacks_visibility
                when 'receivers_missing' then records.lacks_receivers
                when 'state_unknown' then records.has_unread_state
                when 'suspended' then records.is_suspended
                when 'summary_procedure' then records.is_summary_procedure
                when 'warning_only' then {{ is_only('警告') }}
                when 'criticism_only' then {{ is_only('通报批评') }}
                when 'minor_class' then records.class_of_decision_day = 'minor' and not records.is_publication_ordered
                when 'number_or_date_missing' then not records.has_number or records.decision_date is null
                when 'party_missing' then not records.has_party
                when 'not_linked' then not records.is_linked
                when 'list_not_public' then not records.may_be_public
                when 'no_rule' then records.term_rule_id is null and not records.has_classes
                when 'fine_threshold_unknown' then records.class_of_decision_day = 'unknown_fine'
                when 'class_unknown' then records.term_rule_id is null and records.has_classes
                when 'term_unknown' then records.clock = 'stated' and records.stated_until_date is null
                when 'notice_missing' then not records.has_notice
                else false
            end
),

-- Days on which a rule begins or ends; what runs may be decided otherwise from then on.
rule_days as (
    {% for name in ['policy_period', 'policy_list_term', 'policy_threshold', 'policy_never_published', 'policy_hold'] -%}
    select valid_from as day from {{ ref(name) }}
    union
    select valid_to as day from {{ ref(name) }}{{ '\n    union' if not loop.last }}
    {% endfor -%}
),

next_rule_days as (
    select days.as_of_date, min(rule_days.day) as day
    from (select distinct as_of_date from {{ ref('publicity_fact') }}) as days
    inner join rule_days on days.as_of_date < rule_days.day
    group by days.as_of_date
)

select
    records.record_id,
    records.channel,
    records.contract_id,
    records.system_id,
    records.business_key,
    case
        when barred.outcome is not null then barred.outcome
        when records.as_of_date < records.from_date then 'not_yet'
        when records.as_of_date >= records.to_date then 'ended'
        else 'published'
    end as outcome,
    barred.outcome is null and records.as_of_date >= records.from_date
    and (records.to_date is null or records.as_of_date < records.to_date) as is_published,
    case when barred.outcome is null then records.from_date end as from_date,
    case when barred.outcome is null then records.to_date end as to_date,
    case when barred.outcome is null then records.repairable_from_date end as repairable_from_date,
    case when barred.outcome is null then records.detail_level end as detail_level,
    case when barred.outcome is null and records.has_personal_name then 'P-23' end as masking_rule_id,
    coalesce(barred.rule_id, records.term_rule_id) as rule_id,
    barred.reason_code,
    -- What a notice says of a record that was shown and is no more: a class, and nothing of its content.
    case
        when barred.reason_code = 'withdrawn' then records.withdrawn_class
        when barred.reason_code = 'suspended' then 'suspended'
        when barred.outcome = 'held' then 'held'
        when barred.outcome is not null or records.as_of_date < records.from_date then 'withdrawn'
        when records.as_of_date >= records.to_date and records.is_ended_early then records.ended_class
        when records.as_of_date >= records.to_date then 'window_over'
    end as end_class,
    coalesce(records.class, records.class_of_decision_day) as class,
    records.class_rule_id,
    records.clock,
    records.first_published_date,
    records.is_under_objection,
    -- A verified bar stands by itself; a window is only as sure as the class and the period it rests on.
    coalesce(barred.mark, records.mark) as mark,
    -- What was used, each in its own column: one text of all takes a third of this model's time.
    records.decision_date,
    records.penalty_types,
    records.fine_amount_yuan,
    records.list_type,
    records.party_kind,
    records.region,
    records.restriction_until_date,
    records.stated_until_date,
    records.ended_date,
    records.has_notice,
    -- The clock alone changes nothing before this day; a window that runs from publication moves until it was shown.
    least(
        next_rule_days.day,
        case when barred.outcome is null and records.as_of_date < records.from_date then records.from_date end,
        case when barred.outcome is null and records.as_of_date < records.to_date then records.to_date end,
        case
            when barred.outcome is null and records.clock in ('publication', 'restriction')
                and records.first_published_date is null
                then {{ day_after('records.as_of_date') }}
        end
    ) as next_change_date
from records
left join next_rule_days on records.as_of_date = next_rule_days.as_of_date
left join barred
    on records.record_id = barred.record_id and records.channel = barred.channel and barred.place = 1
