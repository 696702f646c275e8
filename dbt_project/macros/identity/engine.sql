{#- One row per whole number from 1 to `last`, in a select list. -#}
{% macro each_up_to(last) %}{{ return(adapter.dispatch('each_up_to', 'creditlake')(last)) }}{% endmacro %}
{% macro default__each_up_to(last) %}{{ return("unnest(range(1, " ~ last ~ " + 1))") }}{% endmacro %}
{% macro spark__each_up_to(last) %}{{ return("explode(sequence(1, greatest(1, " ~ last ~ ")))") }}{% endmacro %}

{#- One row per word of a text that a blank parts, in a select list. -#}
{% macro each_word(text) %}{{ return(adapter.dispatch('each_word', 'creditlake')(text)) }}{% endmacro %}
{% macro default__each_word(text) %}{{ return("unnest(string_split(" ~ text ~ ", ' '))") }}{% endmacro %}
{% macro spark__each_word(text) %}{{ return("explode(split(" ~ text ~ ", ' '))") }}{% endmacro %}

{#- A text without the character at `position` (from 1). -#}
{% macro without_character(text, position) -%}
    concat(substr({{ text }}, 1, cast({{ position }} as int) - 1), substr({{ text }}, cast({{ position }} as int) + 1))
{%- endmacro %}

{#- Codes in which look-alike characters are one: 0 O D Q, 1 I L, 2 Z, 5 S, 8 B, 6 G, U V. -#}
{% macro code_shape(code) -%}
    translate({{ code }}, 'ODQILZSBGV', '000112586U')
{%- endmacro %}

{#- How two divisions (six digits) lie to each other: 3 same county, 2 same city, 1 same province, 0 not known,
    -1 other city of the province, -2 other province. Counties and cities change their codes, provinces do not.
    In a municipality (北京, 天津, 上海, 重庆) the province is the city. -#}
{% macro region_agreement(left_code, right_code) -%}
    case
        when {{ left_code }} is null or {{ right_code }} is null then 0
        when substr({{ left_code }}, 1, 2) <> substr({{ right_code }}, 1, 2) then -2
        when substr({{ left_code }}, 3, 4) = '0000' or substr({{ right_code }}, 3, 4) = '0000'
            then case when substr({{ left_code }}, 1, 2) in ('11', '12', '31', '50') then 2 else 1 end
        when substr({{ left_code }}, 1, 4) <> substr({{ right_code }}, 1, 4) then -1
        when {{ left_code }} = {{ right_code }} and substr({{ left_code }}, 5, 2) <> '00' then 3
        else 2
    end
{%- endmacro %}

{#- Bearers of each character of brands by where it stands, of a relation of brands and their bearers. -#}
{% macro brand_characters(brands) -%}
    select character_text, position, cast(sum(bearers) as bigint) as bearers
    from (
        select
            bearers,
            substr(name_brand, cast(place as int), 1) as character_text,
            case when place = 1 then 'first' when place = length(name_brand) then 'last' else 'inner' end as position
        from (
            select name_brand, bearers, {{ each_up_to('length(name_brand)') }} as place from {{ brands }}
        ) as brand_places
    ) as cut
    group by character_text, position
{%- endmacro %}
