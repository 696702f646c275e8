{#- Text in which numbers and addresses are written in one way: full-width digits, letters and signs as half-width ones, one kind
    of hyphen and of blank, nothing that has no width. Few texts hold any, and to translate one costs more than to look. -#}
{% macro in_half_width(text) -%}
    {%- set wide = '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ＠．＋＝＿' -%}
    {%- set half = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@.+=_' -%}
    {%- set hyphens, blanks, nothing = '－—–‐‑−', '　\u00a0\u2002\u2003\u2009\u202f\t', '\u200b\u200c\u200d\u2060\ufeff' -%}
    case when {{ matches(text, '[' ~ wide ~ hyphens ~ blanks ~ nothing ~ ']') }}
        then translate({{ text }}, '{{ wide ~ hyphens ~ blanks ~ nothing }}', '{{ half ~ '-' * 6 ~ ' ' * 7 }}') else {{ text }} end
{%- endmacro %}

{#- An identity number of 18 digits with blanks or hyphens anywhere in it, its first six as a group. Among numbers of documents a
    day from 2010 on is the document's own. -#}
{% macro identity_pattern(is_number) %}
    {%- set gap, digit = '[ -]{0,2}', '[0-9]' -%}
    {%- set before_2010 = [['1', '[89]', digit, digit] | join(gap), ['2', '0', '0', digit] | join(gap)] -%}
    {%- set year = before_2010 if is_number else [before_2010[0], ['2', '0', digit, digit] | join(gap)] -%}
    {%- set month = ['0' ~ gap ~ '[1-9]', '1' ~ gap ~ '[0-2]'] -%}
    {%- set day = ['0' ~ gap ~ '[1-9]', '[12]' ~ gap ~ digit, '3' ~ gap ~ '[01]'] -%}
    {{ return([
        '(' ~ (['[1-8]'] + [digit] * 5) | join(gap) ~ ')', '(?:' ~ year | join('|') ~ ')', '(?:' ~ month | join('|') ~ ')',
        '(?:' ~ day | join('|') ~ ')', [digit, digit, digit, '[0-9Xx]'] | join(gap)
    ] | join(gap)) }}
{% endmacro %}

{#- Values of persons as patterns: what is kept before the stars, the stars, what is kept behind. -#}
{% macro personal_values(is_number) %}
    {%- set before = '^|[^0-9A-Za-z/=_.第]|[*一-龥)）][/=_.]|[0-9]{7}/|[^/0-9][0-9]{4}/' -%}
    {%- set after = '([^0-9A-Za-z]|$)' -%}
    {%- set day = '(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12][0-9]|3[01])' -%}
    {%- set mobile = '[0-9][)）]?(?:[ .-]{0,2}[0-9]{4}){2}|[0-9](?:/[0-9]{4}){2}|[0-9][ -][0-9]{3}[ -][0-9]{5}|[0-9]{2}[ -][0-9]{3}[ -][0-9]{4}'
        ~ '|[0-9](?:[ -][0-9]{2}){4}' -%}
    {%- set call = '(?:电话|手机|联系|联系人|联系方式|致电|座机|热线|传真|[Tt][Ee][Ll]|[Pp]hone|[Mm]obile)(?:号码?)?(?:[^0-9A-Za-z]|为|是){0,4}' -%}
    {%- set account = '(?:卡号|[账帐][号户]|银行卡|信用卡|储蓄卡)(?:号码?)?[:：=（( 为是]{0,4}' -%}
    {%- set papers = '(?:护照|台胞证|回乡证|来往内地通行证|来往大陆通行证|港澳通行证|居留证|居留身份证|军官证|士兵证|警官证|驾驶证)' -%}
    {{ return([
        ('(' ~ before ~ '|[Ii][Dd][.: ]?|[Nn][Oo][.: ]?)' ~ identity_pattern(is_number), [1, 2], '************', []),
        ('(' ~ before ~ ')([1-8][0-9]{3} ?[0-9]{2})[ -]?' ~ ('[2-9][0-9]' if is_number else '[0-9]{2}') ~ ' ?' ~ day ~ '[ -]?[0-9]{3}'
            ~ after, [1, 2], '*********', [3]),
        ('(' ~ before ~ ')(?:(?:[+]|00)?86[ -]?)?[(（]?(1[3-9])(?:' ~ mobile ~ ')([^0-9A-Za-z号]|$)', [1, 2], '*********', [3]),
        ('(' ~ call ~ '1[3-9])(?:[ .-]{0,2}[0-9]){9}', [1], '*********', []),
        ('(' ~ before ~ ')(0[0-9]{2,3}[ -]{1,2}|[(（]0[0-9]{2,3}[)）][ -]{0,2})[0-9]{7,8}' ~ after, [1, 2], '********', [3]),
        ('(' ~ before ~ ')(0(?:10|2[0-9]|[3-9][0-9]{2})[ -]{1,2}|[(（]0[0-9]{2,3}[)）][ -]{0,2})(?:[3-8][0-9]{2,3}|2[1-9][0-9]{1,2})[ -][0-9]{4}'
            ~ after, [1, 2], '********', [3]),
        ('^(0(?:10|2[0-9]|[3-9][0-9]{2}))[0-9]{7,8}$', [1], '********', []),
        ('(' ~ call ~ '0[1-9][0-9]{1,2})[0-9]{7,8}', [1], '********', []),
        ('(' ~ call ~ '[2-8])[0-9]{2,3}[ -]?[0-9]{4}' ~ after, [1], '******', [2]),
        ('(' ~ before ~ ')(62[0-9]{2}|955[89]|4367|4563)(?:[ -]?(?:[0-9]{4}[ -]?){2}[0-9]{4}(?:[ -]?[0-9]{1,3})?|[0-9]{2}[ -][0-9]{10,13})'
            ~ after, [1, 2], '************', [3]),
        ('(' ~ account ~ '[0-9]{4})[0-9 -]{6,20}[0-9]', [1], '************', []),
        ('(' ~ papers ~ '(?:号码?)?[:：=（( 为是]{0,4})[A-Za-z]{0,3}[0-9]{6,12}', [1], '******', []),
        ('((?:微信|[Qq][Qq]|扣扣|[Vv]信)(?:号码|号|账号)?[:： 为是]*)[A-Za-z0-9_-]{5,20}', [1], '******', []),
        ('((?:^|[^A-Za-z])[Vv][Xx]号?[:：] ?)[A-Za-z0-9_-]{5,20}', [1], '******', []),
        ('[A-Za-z0-9._%+-]*[A-Za-z0-9](?: {0,2}@ {0,2}| ?[(（【] ?[Aa][Tt] ?[)）】] ?)[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+', [], '***', [])
    ]) }}
{% endmacro %}

{#- Text without identity numbers (18 and 15 digits), telephones, bank cards and accounts, mail addresses, numbers of messengers
    (feeds carry them unmasked, standards 3.4), however they are written. Text that holds none leaves byte for byte. What is
    left of each lets staff find the place. `expectations/leaks.py` looks once more for the same spellings. -#}
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
    {{ matches(text, '[0-9０-９](?:.{0,2}[0-9０-９]){6}|[@＠]|[(（【] ?[Aa][Tt] ?[)）】]|微信|[QqＱｑ][QqＱｑ]|扣扣|[VvＶｖ](?:信|[XxＸｘ])') }}
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
                or ({{ matches(name, "(法定代表人|负责人|经营者|联系人|法人)[:： ]*") }}
                    or contains({{ name }}, concat('（', {{ person }}, '）')) or contains({{ name }}, concat('(', {{ person }}, ')')))
                and {{ name }} not like {{ person }} || '%')
        then {{ person }} end
{%- endmacro %}

{#- Text without the name of the person behind the record, as `own_person` gives it. -#}
{% macro without_person(text, person) -%}
    case when contains({{ text }}, {{ person }}) then replace({{ text }}, {{ person }}, {{ masked_name(person) }})
        else {{ text }} end
{%- endmacro %}
