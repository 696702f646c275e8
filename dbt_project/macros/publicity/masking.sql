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

{#- Text in which numbers are written in one way: full-width digits, letters and signs as half-width ones, one kind of hyphen.
    Few texts hold any, and to translate one costs more than to look. -#}
{% macro in_half_width(text) -%}
    case when {{ matches(text, '[０-９Ｘｘ＠－　．＋—–‐‑−]') }}
        then translate({{ text }}, '０１２３４５６７８９Ｘｘ＠－　．＋—–‐‑−', '0123456789Xx@- .+-----') else {{ text }} end
{%- endmacro %}

{#- Values of persons as patterns: what is kept before the stars, the stars, what is kept behind. Among numbers of documents
    eighteen digits with a day from 2010 on are the document's own (division, day, place in the day). -#}
{% macro personal_values(is_number) %}
    {%- set before = '(^|[^0-9A-Za-z/=_.第])' -%}
    {%- set after = '([^0-9A-Za-z]|$)' -%}
    {%- set year = '(?:18[0-9]{2}|19[0-9]{2}|200[0-9])' if is_number else '(?:18|19|20)[0-9]{2}' -%}
    {%- set day = '(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12][0-9]|3[01])' -%}
    {{ return([
        (before ~ '([1-8][0-9]{5})[ -]?' ~ year ~ '[ -]?' ~ day ~ '[ -]?[0-9]{3}[0-9Xx]', [1, 2], '************', []),
        (before ~ '([1-8][0-9]{5})[ -]?' ~ ('[2-9][0-9]' if is_number else '[0-9]{2}') ~ day ~ '[ -]?[0-9]{3}' ~ after,
            [1, 2], '*********', [3]),
        (before ~ '(?:(?:[+]|00)?86[ -]?)?(1[3-9])[0-9][ .-]?[0-9]{4}[ .-]?[0-9]{4}([^0-9A-Za-z号]|$)', [1, 2], '*********', [3]),
        (before ~ '(0[0-9]{2,3}[ -]|[(（]0[0-9]{2,3}[)）][ -]?)[0-9]{7,8}' ~ after, [1, 2], '********', [3]),
        ('^(0(?:10|2[0-9]|[3-9][0-9]{2}))[0-9]{7,8}$', [1], '********', []),
        ('((?:电话|座机|热线|传真|[Tt][Ee][Ll])[:： 为是]*0[1-9][0-9]{1,2})[0-9]{7,8}', [1], '********', []),
        (before ~ '(62[0-9]{2}|955[89]|4367|4563)[ -]?(?:[0-9]{4}[ -]?){2}[0-9]{4}(?:[ -]?[0-9]{1,3})?' ~ after,
            [1, 2], '************', [3]),
        ('((?:卡号|账号|帐号|账户)[:： 为是]*[0-9]{4})[0-9 -]{6,20}[0-9]', [1], '************', []),
        ('((?:微信|[Qq][Qq])(?:号码|号|账号)?[:： 为是]*)[A-Za-z0-9_-]{5,20}', [1], '******', []),
        ('[A-Za-z0-9._%+-]*[A-Za-z0-9]@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+', [], '***', [])
    ]) }}
{% endmacro %}

{#- Text without identity numbers (18 and 15 digits), telephones, bank cards and accounts, mail addresses, numbers of messengers
    (feeds carry them unmasked, standards 3.4), however they are written. Text that holds none leaves byte for byte. What is
    left of each lets staff find the place. `expectations/leaks.py` looks for the same. -#}
{% macro masked_text(text, is_number=false) -%}
    {%- set masked = namespace(text=in_half_width(text)) -%}
    {%- for pattern, kept, stars, after in personal_values(is_number) -%}
        {%- set masked.text = replace_groups(masked.text, pattern, kept, stars, after) -%}
        {#- Two numbers with one sign between them share it: the second is found the second time. -#}
        {%- if after -%} {%- set masked.text = replace_groups(masked.text, pattern, kept, stars, after) -%} {%- endif -%}
    {%- endfor -%}
    {#- Most numbers of documents have enough digits for a second look and hold nothing: one search goes before all replacing. -#}
    {%- set any = '(?:' ~ personal_values(is_number) | map(attribute=0) | join(')|(?:') ~ ')' -%}
    case when {{ may_hold_value(text) }}
        then case when {{ matches(in_half_width(text), any) }} then {{ masked.text }} else {{ text }} end
        else {{ text }} end
{%- endmacro %}

{#- First look, also at the texts of a whole row together, a line each: whether any can hold a value that `masked_text` masks. -#}
{% macro may_hold_value(text) -%}
    {{ matches(text, '[0-9０-９](?:.?[0-9０-９]){6}|[@＠]|微信|[Qq][Qq]') }}
{%- endmacro %}

{#- A registration number of 15 digits has the shape of an old identity number where its seventh to twelfth digits could be a
    birthday. It stays where the year of birth would be before 1920, or where it is of the same province as the code and its
    check digit holds. -#}
{% macro masked_registration_number(text, uscc, notes) -%}
    case when {{ matches(text, '^[0-9]{15}$') }} and (
            not {{ matches(text, '^[1-8][0-9]{5}[2-9][0-9](0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}$') }}
            or substring({{ text }}, 1, 2) = substring({{ uscc }}, 3, 2)
            and not {{ list_has(notes, "'registration_number:check_character_wrong'") }})
        then {{ text }} else {{ masked_text(text) }} end
{%- endmacro %}

{#- The code of a body other than the party, only where it has the form of one and not that of an identity number. -#}
{% macro code_only(text) -%}
    case when {{ matches(text, '^[0-9A-HJ-NPQRTUWXY]{18}$') }}
            and not {{ matches(text, '^[1-8][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]$') }}
        then {{ text }} end
{%- endmacro %}

{#- The name of the person behind an enterprise where it can be told from other words: two to four characters, a name with a
    middle dot or one in Latin letters, and not part of the enterprise's own name, except behind the word for what the person
    is. Null otherwise. -#}
{% macro own_person(person, name) -%}
    case when {{ matches(person, "^([一-龥]{2,4}|[一-龥]{1,12}([·•・][一-龥]{1,12})+|[A-Za-z][A-Za-z.-]+( [A-Za-z.-]+)+)$") }}
            and (not coalesce(contains({{ name }}, {{ person }}), false)
                or {{ matches(name, "(法定代表人|负责人|经营者|联系人|法人)[:： ]*") }}
                and {{ name }} not like {{ person }} || '%')
        then {{ person }} end
{%- endmacro %}

{#- Text without the name of the person behind the record, as `own_person` gives it. -#}
{% macro without_person(text, person) -%}
    case when contains({{ text }}, {{ person }}) then replace({{ text }}, {{ person }}, {{ masked_name(person) }})
        else {{ text }} end
{%- endmacro %}
