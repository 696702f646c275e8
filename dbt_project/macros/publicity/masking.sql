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

{#- Text in which numbers are written in one way: full-width digits, letters and signs as half-width ones. Few texts hold any,
    and to translate one costs more than to look. -#}
{% macro in_half_width(text) -%}
    case when {{ matches(text, '[０-９Ｘｘ＠－　．]') }} then translate({{ text }}, '０１２３４５６７８９Ｘｘ＠－　．', '0123456789Xx@- .')
        else {{ text }} end
{%- endmacro %}

{#- Free text without identity numbers (18 and 15 digits), telephones, bank cards and accounts, mail addresses (feeds carry
    them unmasked, standards 3.4), however they are written. Text that holds none leaves byte for byte. What is left of each
    lets staff find the place. `expectations/leaks.py` looks for the same. -#}
{% macro masked_text(text) -%}
    {%- set plain = in_half_width(text) -%}
    {%- set before = '(^|[^0-9A-Za-z/=_.第])' -%}
    {%- set day = '(0[1-9]|1[0-2])[ -]?(0[1-9]|[12][0-9]|3[01])' -%}
    {%- set rules = [
        (before ~ '([1-8][0-9]{5})[ -]?(18|19|20)[0-9]{2}[ -]?' ~ day ~ '[ -]?[0-9]{3}[0-9Xx]', [1, 2], '************', []),
        (before ~ '([1-8][0-9]{5})[ -]?[0-9]{2}' ~ day ~ '[ -]?[0-9]{3}([^0-9A-Za-z]|$)', [1, 2], '*********', [5]),
        (before ~ '(1[3-9])[0-9][ -]?[0-9]{4}[ -]?[0-9]{4}([^0-9A-Za-z号]|$)', [1, 2], '*********', [3]),
        (before ~ '(0[0-9]{2,3})[ -][0-9]{7,8}([^0-9A-Za-z]|$)', [1, 2], '********', [3]),
        (before ~ '(62[0-9]{2})[ -]?([0-9]{4}[ -]?){2}[0-9]{4}([ -]?[0-9]{1,3})?([^0-9A-Za-z]|$)', [1, 2], '************', [5]),
        ('((卡号|账号|帐号|账户)[:： 为是]*[0-9]{4})[0-9 -]{6,20}[0-9]', [1], '************', []),
        ('[A-Za-z0-9._%+-]*[A-Za-z0-9]@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+', [], '***', [])
    ] -%}
    {%- set masked = namespace(text=plain) -%}
    {%- for pattern, kept, stars, after in rules -%}
        {%- set masked.text = replace_groups(masked.text, pattern, kept, stars, after) -%}
        {#- Two numbers with one sign between them share it: the second is found the second time. -#}
        {%- if after -%} {%- set masked.text = replace_groups(masked.text, pattern, kept, stars, after) -%} {%- endif -%}
    {%- endfor -%}
    case when {{ matches(plain, '[0-9][ -]?[0-9]{3,4}[ -]?[0-9]{4}|[A-Za-z0-9]@[A-Za-z0-9]') }}
            and {{ masked.text }} <> {{ plain }}
        then {{ masked.text }} else {{ text }} end
{%- endmacro %}

{#- The name of the person behind an enterprise where it can be told from other words: two to four characters, and not part of
    the enterprise's own name. Null otherwise. -#}
{% macro own_person(person, name) -%}
    case when {{ matches(person, "^[一-龥·]{2,4}$") }} and not coalesce({{ name }} like '%' || {{ person }} || '%', false)
        then {{ person }} end
{%- endmacro %}

{#- Text without the name of the person behind the record, as `own_person` gives it. -#}
{% macro without_person(text, person) -%}
    case when {{ text }} like '%' || {{ person }} || '%' then replace({{ text }}, {{ person }}, {{ masked_name(person) }})
        else {{ text }} end
{%- endmacro %}

{#- A document's number: only words or an address tell that a person's number stands in it, since any digits may be its own. -#}
{% macro masked_number(text) -%}
    case when {{ matches(text, '电话|手机|身份证|账户|账号|帐号|卡号|邮箱|联系人|[A-Za-z0-9][@＠][A-Za-z0-9]') }}
        then {{ masked_text(text) }} else {{ text }} end
{%- endmacro %}
