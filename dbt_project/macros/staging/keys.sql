{#- Text as a key compares it: upper case, no blanks, one shape of bracket, dash and full-width digit. Two spellings of
    one number are one key; nothing that tells two numbers apart is dropped. Only texts that need it are translated, one
    character after the other: the brackets of document numbers, which nearly all have, are not among what needs it. -#}
{% macro key_text(expression) -%}
    {%- set written = "replace(replace(upper(" ~ expression ~ "), '〔', '('), '〕', ')')" -%}
    nullif(case
        when {{ matches(written, '[^!-Z^-~一-龥]') }}
            then translate({{ written }},
                '（）〔〕【】［］[]﹝﹞「」『』０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ－—–‐．，：；／　 ',
                '()()()()()()()()0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ----.,:;/')
        else {{ written }}
    end, '')
{%- endmacro %}

{#- One key of several parts: md5 over the parts, a separator that no cell holds between them. `kind` keeps keys of
    different make apart. -#}
{% macro key_of(kind, parts) -%}
    md5('{{ kind }}'{% for part in parts %} || chr(31) || coalesce({{ part }}, ''){% endfor %})
{%- endmacro %}
