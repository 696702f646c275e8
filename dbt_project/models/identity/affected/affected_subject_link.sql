{#- Records whose link may differ: new and changed ones; and when the register has changed, all but those whose own code
    and name agree with an enterprise that has not. -#}
{%- set register = changes_of('enterprise') -%}
{%- set previous = none if is_full_build() else previous_state('identity', 'subject_link') -%}
{%- set tables = namespace(list=[]) -%}
{%- for contract_id in linked_contracts() -%}
    {%- set tables.list = tables.list + [changes_of(contract_id ~ '_versions')] -%}
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
{%- endif %}
