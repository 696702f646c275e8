{#- Up to five enterprises that a record waiting for a person may be about, best first. What a decision has ruled out is not
    offered again; the enterprise of a decision that cannot take effect comes first. -#}
{{ config(affected_column='record_id', change_columns=['record_id', 'role']) }}
{{ depends_on_affected('review_candidate') }}

with waiting as (
    select subjects.subject_id, links.record_id, links.role, links.method, links.best_uscc
    from {{ ref('subject_link') }} as links
    inner join {{ ref('link_subject') }} as subjects
        on links.record_id = subjects.record_id and links.role = subjects.role
    where links.status = 'review' and {{ is_affected('review_candidate', 'record_id', 'links.record_id') }}
),

offered as (
    select
        record_id, role, best_uscc as uscc, 0 as place, 1.0 as score, 'decided' as method,
        cast(null as {{ text_type() }}) as reason
    from waiting
    where method = 'decided'
    union all
    select
        waiting.record_id, waiting.role, candidates.uscc, candidates.candidate_rank as place,
        candidates.confidence as score, candidates.method, coalesce(candidates.reason, 'below_threshold') as reason
    from waiting
    inner join {{ ref('link_candidate') }} as candidates on waiting.subject_id = candidates.subject_id
    left join {{ ref('link_ruling') }} as rulings
        on waiting.subject_id = rulings.subject_id and candidates.uscc = rulings.uscc
    where rulings.subject_id is null
),

ranked as (
    select
        offered.*,
        row_number() over (partition by record_id, role order by place asc, uscc asc) as candidate_rank
    from offered
)

select
    ranked.record_id,
    ranked.role,
    cast(ranked.candidate_rank as int) as candidate_rank,
    ranked.uscc,
    case
        when {{ is_personal_name('enterprises.enterprise_name', 'ranked.uscc') }}
            then {{ masked_name('enterprises.enterprise_name') }}
        else enterprises.enterprise_name
    end as enterprise_name,
    cast(ranked.score as double) as score,
    ranked.method,
    ranked.reason
from ranked
left join {{ ref('enterprise') }} as enterprises on ranked.uscc = enterprises.uscc
where ranked.candidate_rank <= 5
