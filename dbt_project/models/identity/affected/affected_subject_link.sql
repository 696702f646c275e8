{#- Records whose link may differ: new and changed ones; those that a changed decision speaks of or spoke of; and when the
    register has changed, all but those whose own code and name agree with an enterprise that has not. -#}
{%- set register = changes_of('enterprise') -%}
{%- set decisions = changes_of('standing_decision') -%}
{%- set previous = none if is_full_build() else previous_state('identity', 'subject_link') -%}
{%- set tables = namespace(list=[]) -%}
-- depends_on: {{ ref('subject_reading') }}
{% for contract_id in linked_contracts() -%}
-- depends_on: {{ ref('stg_' ~ contract_id) }}
    {% set tables.list = tables.list + [changes_of(contract_id ~ '_versions')] -%}
{%- endfor -%}
{% if previous is none -%}
select cast(null as varchar) as record_id where false
{%- else -%}
{% for changes in tables.list -%}
select record_id from {{ changes }} where record_id is not null
union
{% endfor -%}
select record_id
from {{ previous }}
where
    exists (select 1 from {{ register }})
    and (
        coalesce(method, '') not in ('code', 'code_and_name')
        or status <> 'linked'
        or uscc in (select uscc from {{ register }})
    )
{% for contract_id in linked_contracts() -%}
union
select record_id
from {{ ref('stg_' ~ contract_id) }}
where business_key in (select record_key from {{ decisions }} where record_contract = '{{ contract_id }}')
{% endfor -%}
union
select record_id from {{ ref('subject_reading') }} where name_key in (select name_key from {{ decisions }})
union
select record_id
from {{ ref('stg_complaint') }}
where
    platform_name is not null
    and {{ key_text('shop_name') }} in (select shop_key from {{ decisions }} where platform_key is not null)
{%- endif %}
