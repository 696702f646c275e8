{#- Records that say a name or a code of a registered name that changed. -#}
{%- set state = none if is_full_build() or not holds_rows('link_changed_name') else previous_state('identity', 'link_state') -%}
-- depends_on: {{ ref('link_changed_name') }}, {{ ref('subject_reading') }}
{% if state is none -%}
select cast(null as varchar) as record_id where false
{%- else -%}
with subjects as (
    select * from {{ ref('subject_reading') }} where {{ is_of_linked_contract() }}
),

said as (
    {% for column in ['name_key', 'name_cell_key', 'name_folded', 'name_unplaced'] -%}
    select record_id, {{ column }} as written from subjects
    union all
    {% endfor -%}
    select record_id, {{ each_word('name_alternatives') }} as written from subjects
),

names as (
    {% for column in ['name_key', 'name_folded', 'name_unplaced', 'name_stem', 'name_core'] -%}
    select {{ column }} as written from {{ ref('link_changed_name') }} where {{ column }} is not null
    {% if not loop.last %}union{% endif %}
    {% endfor %}
),

stated as (
    {% for code in ['uscc', 'code_clean', code_shape('code_clean'), 'organisation_code', 'registration_number'] -%}
    select record_id, {{ code }} as code from subjects
    union all
    {% endfor -%}
    select record_id, {{ each_word('code_repairs') }} as code from subjects
),

codes as (
    {% for code in ['uscc', code_shape('uscc'), 'organisation_code', 'registration_number'] -%}
    select {{ code }} as code from {{ ref('link_changed_name') }} where {{ code }} is not null
    {% if not loop.last %}union{% endif %}
    {% endfor %}
)

select record_id from said where written in (select names.written from names)
union
select record_id from stated where code in (select codes.code from codes)
{%- endif %}
