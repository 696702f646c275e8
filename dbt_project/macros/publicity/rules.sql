{#- Summary procedure (P-21): by its column, or by the mark that decisions on the spot bear in their number. -#}
{% macro is_summary_procedure() -%}
    coalesce(procedure_type = '简易程序', false)
    or coalesce({{ matches('decision_number', '当罚|简罚|简易') }}, false)
{%- endmacro %}

{#- Only a warning (P-20): the one kind named; without a kind, the only measure the text names. -#}
{% macro is_warning_only() -%}
    case
        when coalesce(fine_amount_yuan, 0) > 0 or coalesce(confiscated_amount_yuan, 0) > 0 then false
        when penalty_category is not null then penalty_category = '警告'
        else coalesce({{ matches('penalty_content', '警告') }}
            and not {{ matches('penalty_content', '罚款|没收|吊销|暂扣|责令|停产|停业|关闭|拘留|降低|限制|通报') }}, false)
    end
{%- endmacro %}

{#- A licence that was withdrawn has no state of its own in the field table: 无效 covers expiry too and stays public. -#}
{% macro is_withdrawn_licence() -%}
    coalesce({{ matches('remark', '撤销|撤回') }} and licence_state = '无效', false)
{%- endmacro %}

{#- Food, drugs, special equipment, work safety, fire safety (P-04), by what the decision says it is about. -#}
{% macro is_of_key_sector() -%}
    coalesce({{ matches("concat_ws(' ', violation_type, case_name, penalty_basis)", '食品|药品|特种设备|安全生产|消防') }}, false)
{%- endmacro %}

{#- Division of the authority, else its province: the code of a state organ (11…) names where it was set up, and an organ
    does not leave its province. -#}
{% macro region_of_authority() -%}
    coalesce(place_code, case when authority_uscc like '11%' then substring(authority_uscc, 3, 2) end)
{%- endmacro %}
