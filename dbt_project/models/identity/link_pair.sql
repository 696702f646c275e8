{#- All candidates of a subject, one row per subject and enterprise, with what brought the two together: code, name, slip, rare pairs of
    characters, and the registered name that it rests on (`name_key`). -#}
{{ config(materialized='table') }}
{%- set found = {
    'link_code_pair': {'code_level': 'code_level'},
    'link_name_pair': {'name_level': 'name_level', 'equal_name': 'name_key'},
    'link_slip': {
        'slip_kind': 'slip_kind', 'slip_score': 'slip_score', 'rivals_score': 'rivals_score', 'slip_is_telling': 'is_telling',
        'slip_zone': 'zone', 'near_name': 'name_key'
    },
    'link_far_pair': {'shared_weight': 'shared_weight', 'far_name': 'name_key'},
    'link_similarity': {'is_slip': 'is_slip', 'is_part': 'is_part'},
    'link_placeless': {'placeless_score': 'placeless_score', 'placeless_length': 'length'}
} %}
{%- set columns = [] %}
{%- for said in found.values() %}{% do columns.extend(said) %}{% endfor %}

-- One under the other and then together: side by side, each would be kept whole until the last has been joined.
with said as (
    {%- for model, said in found.items() %}
    select
        subject_id, uscc
        {%- for column in columns %}, {{ said[column] if column in said else 'null' }} as {{ column }}{% endfor %}
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

together as (
    select
        subject_id,
        uscc,
        {%- for column in columns %}
        max({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from said
    group by subject_id, uscc
),

named as (
    select together.*, coalesce(equal_name, near_name, far_name) as found_name from together
)

select
    named.subject_id,
    named.uscc,
    coalesce(code_level, 0) as code_level,
    coalesce(name_level, 0) as name_level,
    slip_kind,
    slip_score,
    rivals_score,
    slip_is_telling,
    slip_zone,
    coalesce(found_name, current_names.name_key) as name_key,
    coalesce(is_slip, 0) as is_slip,
    coalesce(is_part, 0) as is_part,
    shared_weight,
    placeless_score,
    placeless_length
from named
left join {{ ref('enterprise_name') }} as current_names
    on case when found_name is null then named.uscc end = current_names.uscc
    and current_names.is_current
