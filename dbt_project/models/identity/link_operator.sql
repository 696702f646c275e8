{#- Subjects that neither name nor code has linked, but whose record names a site, a filing or a shop: who runs it. Whose it is is said
    by filings, annual reports and platforms' reports that are linked surely themselves (by name, code or decision, never by a
    site). One row per subject and operator, only where all that is said leads to one operator on the record's day. `grade`: what the
    record's name has to say; `reason`: what forbids the link. -#}
{{ config(materialized='table') }}
{%- set previous = none if is_full_build() else previous_state('identity', 'subject_link') %}
{%- set threshold = var('link_threshold', 0.9999) %}

with subjects as (
    select subjects.*, settled.status, settled.method as settled_method
    from {{ ref('link_subject') }} as subjects
    inner join {{ ref('link_settled') }} as settled on subjects.subject_id = settled.subject_id
    where settled.status <> 'linked' and settled.decision_number is null and not subjects.is_natural_person
),

shop_hosts as (
    select distinct site_key from {{ ref('record_site') }} where key_kind = 'shop_host'
),

said as (
    select subjects.subject_id, sites.key_kind, sites.site_key, sites.record_date
    from subjects
    inner join {{ ref('record_site') }} as sites
        on subjects.record_id = sites.record_id and subjects.role = sites.role
    left join shop_hosts on sites.key_kind = 'domain' and sites.site_key = shop_hosts.site_key
    where not sites.is_report and shop_hosts.site_key is null
),

reports as (
    select * from {{ ref('record_site') }}
    where is_report and concat(key_kind, ' ', site_key) in (select concat(said.key_kind, ' ', said.site_key) from said)
),

holders as (
    select subjects.record_id, subjects.role, settled.uscc, settled.confidence
    from {{ ref('link_settled') }} as settled
    inner join {{ ref('link_subject') }} as subjects on settled.subject_id = subjects.subject_id
    where subjects.record_id in (select reports.record_id from reports)
    {%- if previous is not none %}
    union all
    select record_id, role, uscc, confidence
    from {{ previous }}
    where
        record_id in (select reports.record_id from reports)
        and record_id not in (select record_id from {{ ref('link_subject') }})
    {%- endif %}
),

claims as (
    select
        said.subject_id,
        reports.site_name_key,
        reports.is_over,
        case when holders.confidence >= {{ threshold }} then holders.uscc end as uscc
    from said
    inner join reports on said.key_kind = reports.key_kind and said.site_key = reports.site_key
    left join holders on reports.record_id = holders.record_id and reports.role = holders.role
    where
        said.record_date is null
        or (coalesce(reports.starts, said.record_date) <= said.record_date
            and coalesce(reports.ends, said.record_date) >= said.record_date)
),

agreed as (
    select
        subject_id,
        max(uscc) as operator_uscc,
        {{ joined_values('site_name_key', ' ') }} as site_name_keys
    from claims
    group by subject_id
    having
        count(distinct uscc) = 1
        and sum(case when uscc is null then 1 else 0 end) = 0
        and sum(case when is_over then 0 else 1 end) > 0
),

judged as (
    select
        agreed.subject_id,
        agreed.operator_uscc as uscc,
        candidates.name_agreement,
        candidates.region_agreement,
        case
            when candidates.level >= 2 or candidates.slip_kind is not null then 'name_agrees'
            when strpos(concat(' ', agreed.site_name_keys, ' '), concat(' ', {{ key_text('subjects.name_raw') }}, ' ')) > 0
                then 'name_of_site'
            when subjects.name_key is null then 'nameless'
            else 'other_name'
        end as grade,
        case
            when candidates.reason in ('branch_is_not_head_office', 'telling_word_differs', 'code_name_conflict')
                then candidates.reason
            when subjects.code_status not in ('absent', 'placeholder', 'masked') and coalesce(candidates.code_level, 0) = 0
                then 'code_name_conflict'
        end as forbidden
    from agreed
    inner join subjects on agreed.subject_id = subjects.subject_id
    left join {{ ref('link_candidate') }} as candidates
        on agreed.subject_id = candidates.subject_id and agreed.operator_uscc = candidates.uscc
)

select
    judged.subject_id,
    judged.uscc,
    judged.grade,
    judged.name_agreement,
    judged.region_agreement,
    coalesce(confidence.confidence, 0) as confidence,
    case
        when judged.forbidden is not null then judged.forbidden
        when judged.grade = 'other_name' then 'operator_has_other_name'
        when coalesce(confidence.confidence, 0) < {{ threshold }} then 'below_threshold'
    end as reason
from judged
left join {{ ref('link_confidence') }} as confidence on confidence.method = 'operator' and judged.grade = confidence.grade
