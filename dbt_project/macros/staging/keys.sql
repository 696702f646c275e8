{#- Text as a key compares it: upper case, no blanks, one shape of bracket, dash and full-width digit. Two spellings of
    one number are one key; nothing that tells two numbers apart is dropped. -#}
{% macro key_text(expression) -%}
    nullif(translate(upper({{ expression }}),
        '（）〔〕【】［］[]﹝﹞「」『』０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ－—–‐．，：；／　 ',
        '()()()()()()()()0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ----.,:;/'), '')
{%- endmacro %}

{#- One key of several parts: md5 over the parts, a separator that no cell holds between them. `kind` keeps keys of
    different make apart. -#}
{% macro key_of(kind, parts) -%}
    md5('{{ kind }}'{% for part in parts %} || chr(31) || coalesce({{ part }}, ''){% endfor %})
{%- endmacro %}
