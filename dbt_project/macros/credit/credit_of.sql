{#- Records of a contract under the code of the enterprise they are about: one row per record and role, linked records
    only. Columns are those of the model's YAML; the code that the record itself states is `stated_uscc`. -#}
{% macro credit_of(contract_id, model_name) %}
with records as (
    select * from {{ ref('stg_' ~ contract_id) }}
    where {{ is_affected(model_name, 'record_id') }}
),

links as (
    select record_id, role, uscc, method, confidence
    from {{ ref('subject_link') }}
    where contract_id = '{{ contract_id }}' and status = 'linked' and {{ is_affected(model_name, 'record_id') }}
)

select
    records.record_id,
    links.role,
    links.uscc,
    links.method as link_method,
    links.confidence as link_confidence,
    {% for name in column_names_of(model_name)
        if name not in ['record_id', 'role', 'uscc', 'link_method', 'link_confidence'] -%}
    records.{{ 'uscc as stated_uscc' if name == 'stated_uscc' else name }}{{ ',' if not loop.last }}
    {% endfor %}
from records
inner join links on records.record_id = links.record_id
{% endmacro %}
