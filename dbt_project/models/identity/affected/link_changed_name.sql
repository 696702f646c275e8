{#- Names of the register as they were and as they are, where the two differ in anything. -#}
{%- set changes = changes_of('enterprise_name') -%}
{% if is_full_build() -%}
select * from {{ ref('enterprise_name') }} where false
{%- else -%}
(
    select * exclude (is_new) from {{ changes }} where is_new
    except
    select * exclude (is_new) from {{ changes }} where not is_new
)
union all
(
    select * exclude (is_new) from {{ changes }} where not is_new
    except
    select * exclude (is_new) from {{ changes }} where is_new
)
{%- endif %}
