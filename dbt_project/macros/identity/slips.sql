{#- Words that tell two firms with otherwise equal names apart: numbers and directions, and with `widely` also sizes, ages,
    ranks and kinds of place. -#}
{% macro is_apart_word(character, widely=true) -%}
    ({{ character }} <> '' and strpos('一二三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾两零甲乙丙丁0123456789东南西北{% if widely %}中上下左右前后内外大小新老旧首双单总分支省市区县乡镇村路街桥山庄站{% endif %}', {{ character }}) > 0)
{%- endmacro %}

{#- Whether a slip may just as well be another firm: another number or direction in either name, one telling word in
    place of another, or a number, a direction or 分, 支, 总 that one of the names has more. -#}
{% macro is_telling_slip(kind, subject_character, name_character) -%}
    (
        ({{ kind }} = 'wrong' and (
            {{ is_apart_word(name_character, widely=false) }} or {{ is_apart_word(subject_character, widely=false) }}
            or ({{ is_apart_word(subject_character) }} and {{ is_apart_word(name_character) }})
        ))
        or ({{ kind }} in ('missing', 'extra') and (
            {{ is_apart_word(subject_character, widely=false) }} or {{ is_apart_word(name_character, widely=false) }}
            or {{ subject_character }} in ('分', '支', '总') or {{ name_character }} in ('分', '支', '总')
        ))
    )
{%- endmacro %}

{#- The evidence on a slip: name -> SQL expression over the columns of link_slip. One list for the model, its weights and
    the explanation of a link. -#}
{% macro slip_evidence() %}
    {%- set out = {
        'least': 'least_log',
        'most': 'most_log',
        'least_unseen': 'case when least_log = 0 then 1.0 else 0.0 end',
        'both_unseen': 'case when most_log = 0 then 1.0 else 0.0 end',
        'name_least': 'least(name_first_log, name_third_log)',
        'name_most': 'greatest(name_first_log, name_third_log)',
        'character_usual': 'subject_character_log',
        'name_character_usual': 'name_character_log',
        'apart': 'cast(is_apart as double)',
        'other_place': 'cast(is_other_place as double)',
        'place_lost': 'cast(is_place_lost as double)',
        'form_lost': 'cast(is_form_lost as double)',
        'other_form': 'cast(is_other_form as double)',
        'doubled': 'cast(is_doubled as double)',
        'short_brand': 'cast(is_short_brand as double)',
        'region_other_province': 'case when region_agreement = -2 then 1.0 else 0.0 end',
        'region_other_city': 'case when region_agreement = -1 then 1.0 else 0.0 end',
        'region_unknown': 'case when region_agreement = 0 then 1.0 else 0.0 end',
        'region_same': 'case when region_agreement >= 2 then 1.0 else 0.0 end'
    } -%}
    {%- for zone in ['region', 'brand', 'trade', 'form'] -%}
        {%- do out.update({
            'in_' ~ zone: "case when zone = '" ~ zone ~ "' then 1.0 else 0.0 end",
            zone ~ '_least': "case when zone = '" ~ zone ~ "' then least_log else 0.0 end",
            zone ~ '_most': "case when zone = '" ~ zone ~ "' then most_log else 0.0 end",
            zone ~ '_both_unseen': "case when zone = '" ~ zone ~ "' and most_log = 0 then 1.0 else 0.0 end",
            zone ~ '_character_usual': "case when zone = '" ~ zone ~ "' then subject_character_log else 0.0 end"
        }) -%}
    {%- endfor -%}
    {%- do out.update({
        'short_brand_in_brand': "case when zone = 'brand' then cast(is_short_brand as double) else 0.0 end",
        'short_brand_least': "case when zone = 'brand' and is_short_brand = 1 then least_log else 0.0 end",
        'short_brand_most': "case when zone = 'brand' and is_short_brand = 1 then most_log else 0.0 end"
    }) -%}
    {{ return(out) }}
{% endmacro %}

{% macro slip_features() -%}
    {%- for name, expression in slip_evidence().items() %}
        {{ expression }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro slip_score(features, weights) -%}
    {{ weights }}.intercept
    {%- for name in slip_evidence() %}
        + {{ features }}.{{ name }} * {{ weights }}.{{ name }}
    {%- endfor %}
{%- endmacro %}
