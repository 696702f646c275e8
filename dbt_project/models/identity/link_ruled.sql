{#- Subjects that decisions speak of: what becomes of their link. An enterprise that is ruled out makes room for the next
    candidate only where the record's own code leads to that; a name's decision does not go against a record's own code. -#}
{{ config(materialized='table') }}

with verdicts as (
    select * from {{ ref('link_ruling') }} where verdict <> '不是'
),

ruled_out as (
    select subject_id, uscc, max(decision_number) as decision_number
    from {{ ref('link_ruling') }}
    where verdict = '不是'
    group by subject_id, uscc
),

ruled as (
    select subject_id, max(decision_number) as decision_number
    from {{ ref('link_ruling') }}
    group by subject_id
),

coded as (
    select candidates.subject_id, max(candidates.uscc) as uscc
    from {{ ref('link_candidate') }} as candidates
    inner join ruled on candidates.subject_id = ruled.subject_id
    where candidates.code_level = 5
    group by candidates.subject_id
),

left_over as (
    select
        candidates.*,
        row_number() over (partition by candidates.subject_id order by candidates.candidate_rank) as place
    from {{ ref('link_candidate') }} as candidates
    inner join ruled on candidates.subject_id = ruled.subject_id
    left join ruled_out on candidates.subject_id = ruled_out.subject_id and candidates.uscc = ruled_out.uscc
    where ruled_out.subject_id is null
),

judged as (
    select
        automatic.*,
        verdicts.verdict,
        verdicts.uscc as ruled_uscc,
        coalesce(verdicts.decision_number, ruled_out.decision_number) as decision_number,
        case
            when verdicts.verdict = '同一' and verdicts.ruling_level = 1 and coded.uscc <> verdicts.uscc
                then 'contradicted'
            when verdicts.verdict = '同一' and enterprises.uscc is null then 'not_registered'
            when verdicts.verdict = '同一' then 'same'
            when verdicts.verdict = '查无此企业' and (verdicts.ruling_level = 2 or coded.uscc is null) then 'none'
            when ruled_out.uscc is null then 'unchanged'
            when following.code_level = 5 and following.reason is null
                and following.confidence >= {{ var('link_threshold', 0.9999) }} then 'following'
            when following.uscc is not null then 'open'
            else 'nothing_left'
        end as outcome,
        following.uscc as following_uscc,
        following.method as following_method,
        following.confidence as following_confidence,
        following.name_agreement as following_name_agreement,
        following.region_agreement as following_region_agreement,
        chosen.name_agreement as ruled_name_agreement,
        chosen.region_agreement as ruled_region_agreement
    from {{ ref('link_decision') }} as automatic
    inner join ruled on automatic.subject_id = ruled.subject_id
    left join verdicts on automatic.subject_id = verdicts.subject_id
    left join ruled_out on automatic.subject_id = ruled_out.subject_id and automatic.best_uscc = ruled_out.uscc
    left join coded on automatic.subject_id = coded.subject_id
    left join {{ ref('enterprise') }} as enterprises on verdicts.uscc = enterprises.uscc
    left join left_over as following on automatic.subject_id = following.subject_id and following.place = 1
    left join {{ ref('link_candidate') }} as chosen
        on verdicts.subject_id = chosen.subject_id and verdicts.uscc = chosen.uscc
)

select
    subject_id,
    case outcome when 'same' then ruled_uscc when 'following' then following_uscc when 'unchanged' then uscc end as uscc,
    case
        when outcome in ('same', 'not_registered', 'contradicted') then ruled_uscc
        when outcome in ('following', 'open') then following_uscc
        when outcome = 'unchanged' then best_uscc
    end as best_uscc,
    case
        when outcome in ('same', 'not_registered', 'contradicted', 'none') then 'decided'
        when outcome in ('following', 'open') then following_method
        when outcome = 'unchanged' then method
    end as method,
    case
        when outcome in ('same', 'following') then 'linked'
        when outcome in ('not_registered', 'contradicted', 'open') then 'review'
        when outcome = 'unchanged' then status
        else 'unlinked'
    end as status,
    case outcome
        when 'unchanged' then reason
        when 'contradicted' then 'code_contradicts_decision'
        when 'not_registered' then 'decided_not_in_register'
        when 'none' then 'decided_no_such_enterprise'
        when 'open' then 'decided_different'
        when 'nothing_left' then 'decided_different'
    end as reason,
    case
        when outcome = 'same' then 1.0
        when outcome in ('following', 'open') then following_confidence
        when outcome = 'unchanged' then confidence
        else 0.0
    end as confidence,
    case
        when outcome = 'unchanged' then name_agreement
        when outcome in ('following', 'open') then following_name_agreement
        else ruled_name_agreement
    end as name_agreement,
    case
        when outcome = 'unchanged' then region_agreement
        when outcome in ('following', 'open') then following_region_agreement
        else ruled_region_agreement
    end as region_agreement,
    case
        when outcome = 'unchanged' or best_uscc = ruled_uscc then runner_up_uscc
        when outcome = 'same' then best_uscc
    end as runner_up_uscc,
    case
        when outcome = 'unchanged' then distance
        when outcome = 'same' and best_uscc = ruled_uscc then 1.0
        when outcome = 'same' then 1.0 - coalesce(confidence, 0)
    end as distance,
    case when outcome = 'unchanged' then cast(null as {{ text_type() }}) else decision_number end as decision_number
from judged
