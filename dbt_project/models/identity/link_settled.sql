{#- What names, codes and decisions make of every subject of this build, before sites are looked at. -#}
{{ config(materialized='table') }}

select
    subject_id, uscc, status, method, reason, confidence, best_uscc, name_agreement, region_agreement,
    runner_up_uscc, distance, cast(null as {{ text_type() }}) as decision_number
from {{ ref('link_decision') }}
where subject_id not in (select subject_id from {{ ref('link_ruled') }})
union all
select
    subject_id, uscc, status, method, reason, confidence, best_uscc, name_agreement, region_agreement,
    runner_up_uscc, distance, decision_number
from {{ ref('link_ruled') }}
