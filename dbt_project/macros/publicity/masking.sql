{#- Whether a name is that of the operator alone: an individual business (92…) need not have a trade name
    (standards 1.4), and then its registered name is a natural person's. -#}
{% macro is_personal_name(name, uscc) -%}
    coalesce(
        {{ uscc }} like '92%'
        and {{ matches(name, "^(个体工商户|个体户|经营者|业主)?[:：]?[一-龥·*＊某]{2,4}([（(](个体工商户|个体户|个体)[）)])?$") }}
        and not {{ matches(name, "[店厂行部坊馆社铺站吧屋室园庄楼场所院堂阁轩斋摊档城廊苑号记家]([（(].*[）)])?$") }},
        false)
{%- endmacro %}

{#- First character of a person's name, the rest masked. -#}
{% macro masked_name(name) -%}
    (substring({{ replace_every(name, "^(个体工商户|个体户|经营者|业主)[:：]?", '') }}, 1, 1) || '**')
{%- endmacro %}

{#- Free text without identity numbers and mobile numbers (feeds carry them unmasked, standards 3.4). -#}
{% macro masked_text(text) -%}
    {{ replace_groups(
        replace_groups(text, "(^|[^0-9A-Za-z])([1-9][0-9]{5})(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])[0-9]{3}[0-9Xx]",
            [1, 2], '************'),
        '(^|[^0-9])(1[3-9])[0-9]{9}([^0-9]|$)', [1, 2], '*********', [3]) }}
{%- endmacro %}
