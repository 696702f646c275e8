{#- Records whose decision may differ: changed ones, those whose link changed, those of which a repair or an objection says
    something else, and those whose day has come. -#}
{{ affected_keys('record_id', [
    ('administrative_licence_versions', 'record_id'), ('administrative_penalty_versions', 'record_id'),
    ('list_entry_versions', 'record_id'), ('shared_versions', 'record_id'), ('subject_link', 'record_id'), ('publicity_event', 'record_id')
]) }}
{%- if not is_full_build() and is_built('publicity_decision') %}
union
select record_id
from {{ previous_state('publicity', 'publicity_decision') }}
where next_change_date <= {{ decision_day() }}
{%- endif %}
