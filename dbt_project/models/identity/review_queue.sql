{#- What waits for a person, by how much hangs on it: points of the record's own rule and of the rule for how many records wait
    under the same name (seed review_priority). A natural person's name is masked and not a key. -#}
{{ config(affected_column='record_id', change_columns=['record_id', 'role']) }}
{{ depends_on_affected('review_queue') }}
{%- set own_columns = columns_of('review_queue', without=['same_name_records', 'priority', 'priority_rules',
    'priority_reason']) %}

with facts as (
    {{ review_facts() }}
),

arriving as (
    select
        links.record_id,
        links.role,
        links.contract_id,
        links.business_key,
        case
            when subjects.is_natural_person or {{ is_personal_name('subjects.name_raw', "coalesce(links.best_uscc, '')") }}
                then {{ masked_name('subjects.name_raw') }}
            else {{ masked_text('subjects.name_raw') }}
        end as subject_name,
        case when not subjects.is_natural_person then subjects.name_key end as name_key,
        links.reason,
        facts.number,
        facts.record_date,
        facts.amount_yuan,
        facts.list_type
    from {{ ref('subject_link') }} as links
    inner join {{ ref('link_subject') }} as subjects
        on links.record_id = subjects.record_id and links.role = subjects.role
    inner join facts on links.record_id = facts.record_id
    where links.status = 'review' and {{ is_affected('review_candidate', 'record_id', 'links.record_id') }}
),

waiting as (
    select {{ own_columns }} from arriving
    {%- if is_incremental() and not is_full_build() %}
    union all
    select {{ own_columns }} from {{ this }}
    where
        {{ is_affected('review_queue', 'record_id') }}
        and not {{ is_affected('review_candidate', 'record_id') }}
    {%- endif %}
),

-- All that wait under a name, also those that stay as they are: a record of two roles is here with both its names.
same_names as (
    select name_key, count(*) as records
    from (
        select name_key from waiting
        {%- if is_incremental() and not is_full_build() %}
        union all
        select name_key from {{ this }}
        where
            name_key in (select waiting.name_key from waiting)
            and not {{ is_affected('review_queue', 'record_id') }}
        {%- endif %}
    ) as names
    group by name_key
),

counted as (
    select waiting.*, coalesce(same_names.records, 1) as same_name_records
    from waiting
    left join same_names on waiting.name_key = same_names.name_key
),

ruled as (
    select
        counted.record_id,
        counted.role,
        rules.rule_id,
        rules.points,
        rules.reason_text,
        row_number() over (
            partition by counted.record_id, counted.role, rules.minimum_same_name is null
            order by rules.points desc, rules.rule_id asc
        ) as rule_place
    from counted
    inner join {{ ref('review_priority') }} as rules
        on coalesce(rules.contract_id, counted.contract_id) = counted.contract_id
    where
        (rules.list_type is null or rules.list_type = counted.list_type)
        and coalesce(counted.amount_yuan, 0) >= coalesce(rules.minimum_amount_yuan, 0)
        and counted.same_name_records >= coalesce(rules.minimum_same_name, 0)
),

priorities as (
    select
        record_id,
        role,
        sum(points) as priority,
        {{ joined_values('rule_id', ';') }} as priority_rules,
        {{ joined_values('reason_text') }} as priority_reason
    from ruled
    where rule_place = 1
    group by record_id, role
)

select
    counted.record_id,
    counted.role,
    counted.contract_id,
    counted.business_key,
    counted.subject_name,
    counted.name_key,
    counted.reason,
    counted.number,
    counted.record_date,
    counted.amount_yuan,
    counted.list_type,
    cast(counted.same_name_records as bigint) as same_name_records,
    cast(coalesce(priorities.priority, 0) as int) as priority,
    priorities.priority_rules,
    priorities.priority_reason
from counted
left join priorities on counted.record_id = priorities.record_id and counted.role = priorities.role
