{#- Records whose link may differ: new and changed ones; those that a changed decision speaks of or spoke of; those that a
    change of the register reaches by name, code, slip or rare characters; those whose evidence counts over the register; and those
    that name a site of which a report came, went or may now be linked otherwise. -#}
{%- set register = changes_of('enterprise') -%}
{%- set decisions = changes_of('standing_decision') -%}
{%- set previous = none if is_full_build() else previous_state('identity', 'subject_link') -%}
{%- set tables = namespace(list=[changes_of('shared_versions')]) -%}
{%- set state = none if is_full_build() else previous_state('identity', 'link_state') -%}
{%- set candidates = none if is_full_build() else previous_state('identity', 'review_candidate') -%}
-- depends_on: {{ ref('stg_shared') }}, {{ ref('subject_reading') }}, {{ ref('link_changed_name') }}
-- depends_on: {{ ref('record_site') }}
-- depends_on: {{ ref('affected_subject_by_name') }}, {{ ref('affected_subject_by_slip') }}, {{ ref('affected_subject_by_characters') }}
{% for contract_id in linked_contracts() -%}
-- depends_on: {{ ref('stg_' ~ contract_id) }}
    {% set tables.list = tables.list + [changes_of(contract_id ~ '_versions')] -%}
{%- endfor -%}
{% if previous is none -%}
select cast(null as varchar) as record_id where false
{%- else -%}
with reached as (
{% for changes in tables.list -%}
select record_id from {{ changes }} where record_id is not null
union
{% endfor -%}
select record_id from {{ ref('affected_subject_by_name') }}
union
select record_id from {{ ref('affected_subject_by_slip') }}
union
select record_id from {{ ref('affected_subject_by_characters') }}
union
select record_id from {{ state }} where leans_on_counts and exists (select 1 from {{ ref('link_changed_name') }})
union
select record_id
from {{ previous }}
where (decision_number is not null and exists (select 1 from {{ register }})) or uscc in (select uscc from {{ register }})
union
select record_id from {{ candidates }} where uscc in (select uscc from {{ register }})
{% for contract_id in linked_contracts() -%}
union
select record_id
from {{ ref('stg_' ~ contract_id) }}
where business_key in (select record_key from {{ decisions }} where record_contract = '{{ contract_id }}')
{% endfor -%}
union
select record_id from {{ ref('stg_shared') }} where business_key in (select record_key from {{ decisions }})
union
select record_id from {{ ref('subject_reading') }} where name_key in (select name_key from {{ decisions }})
union
select record_id
from {{ ref('stg_complaint') }}
where
    platform_name is not null
    and {{ key_text('shop_name') }} in (select shop_key from {{ decisions }} where platform_key is not null)
),

sites as (
    select case key_kind when 'shop_host' then 'domain' else key_kind end as key_kind, site_key
    from {{ changes_of('record_site') }}
    where is_report
    union
    select key_kind, site_key
    from {{ ref('record_site') }}
    where is_report and record_id in (select reached.record_id from reached)
)

select record_id from reached
union
select mentions.record_id
from {{ ref('record_site') }} as mentions
inner join sites on mentions.key_kind = sites.key_kind and mentions.site_key = sites.site_key
{%- endif %}
