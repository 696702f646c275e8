{#- Words that tell two firms with otherwise equal names apart: numbers and directions, and with `widely` also sizes, ages,
    ranks and kinds of place. -#}
{% macro is_apart_word(character, widely=true) -%}
    ({{ character }} <> '' and strpos('一二三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾两零甲乙丙丁0123456789东南西北{% if widely %}中上下左右前后内外大小新老旧首双单总分支省市区县乡镇村路街桥山庄站{% endif %}', {{ character }}) > 0)
{%- endmacro %}

{#- Whether a text is one sign of a number, or (`also`) one that numbers stand beside. -#}
{% macro is_numeral(character, also='') -%}
    ({{ character }} <> '' and strpos('一二三四五六七八九十百千零〇0123456789{{ also }}', {{ character }}) > 0)
{%- endmacro %}

{#- Whether a slip may just as well be another firm: one telling word in place of another, 分, 支 or 总 that one of the names
    has more, digits in another order, or a sign more, less or moved in a number (第二十, 第十). Of a telling word on one side only
    the score decides. -#}
{% macro is_telling_slip(kind, subject_character, name_character) -%}
    (
        ({{ kind }} in ('missing', 'extra')
            and ({{ is_numeral(subject_character) }} or {{ is_numeral(name_character) }})
            and ({{ is_numeral('substr(subject_key, cast(place as int) - 1, 1)', also='第') }}
                or {{ is_numeral(character_after_slip()) }}))
        or ({{ kind }} = 'swapped' and {{ is_numeral('substr(subject_key, cast(place as int), 1)') }}
            and {{ is_numeral('substr(subject_key, cast(place as int) + 1, 1)') }})
        or ({{ kind }} = 'wrong' and {{ is_apart_word(name_character) }} and {{ is_apart_word(subject_character) }})
        or ({{ kind }} in ('missing', 'extra') and (
            {{ subject_character }} in ('分', '支', '总') or {{ name_character }} in ('分', '支', '总')
        ))
        or ({{ kind }} = 'swapped' and strpos('0123456789', {{ subject_character }}) > 0)
    )
{%- endmacro %}

{#- Whether a name holds a character that the sender's system could not write (private use, �, □): which one it was, nobody
    knows, so it may be just the one that tells firms apart. -#}
{% macro holds_unreadable(name) -%}
    coalesce({{ replace_every(name, '[\uE000-\uF8FF\uFFFD□]', '') }} <> {{ name }}, false)
{%- endmacro %}

{#- What follows the slip in the subject's spelling. -#}
{% macro character_after_slip(table='') -%}
    substr({{ table }}subject_key, cast({{ table }}place
        + case {{ table }}slip_kind when 'missing' then 0 when 'swapped' then 2 else 1 end as int), 1)
{%- endmacro %}

{#- How long a short brand is at most, where bounds for slips in brands are stated apart. -#}
{% macro short_brand_end() -%} 4 {%- endmacro %}

{#- What a place that disagrees with the name's own takes from a slip's score: assumed to be twenty times as usual with another firm. -#}
{% macro other_place_costs() -%} 3.0 {%- endmacro %}

{#- What remains of a registered name without the part (`slot`) in which a slip lies: firms that share it differ only there. -#}
{% macro name_frame(slot) -%}
    case {{ slot }}
        when 'region' then substr(name_key, cast(name_brand_start as int) + 1)
        when 'brand' then concat(
            substr(name_key, 1, cast(name_brand_start as int)), ' ', substr(name_key, cast(name_trade_start as int) + 1))
        when 'trade' then concat(
            substr(name_key, 1, cast(name_trade_start as int)), ' ', substr(name_key, cast(name_form_start as int) + 1))
        when 'form' then substr(name_key, 1, cast(name_form_start as int))
        else substr(name_key, 1, length(name_key) - length(name_branch))
    end
{%- endmacro %}

{#- The evidence on a slip: name -> SQL expression over the columns of link_slip. One list for the model, its weights and
    the explanation of a link. How usual characters are counts piecewise (`over_…`: what lies above a bound), and apart in
    the brand and in a brand of at most two characters. -#}
{% macro slip_evidence() %}
    {%- set in_brand = "case when zone = 'brand' then 1.0 else 0.0 end" %}
    {%- set in_short_brand = "case when zone = 'brand' and is_short_brand = 1 then 1.0 else 0.0 end" %}
    {%- set out = {
        'in_region': "case when zone = 'region' then 1.0 else 0.0 end",
        'in_brand': in_brand,
        'in_short_brand': in_short_brand,
        'in_trade': "case when zone = 'trade' then 1.0 else 0.0 end",
        'first_of_brand': "case when zone = 'brand' then cast(is_first_of_brand as double) else 0.0 end",
        'name_length': 'least(length(name_key), 25)',
        'has_branch': 'case when name_branch is not null then 1.0 else 0.0 end',
        'apart': 'cast(is_apart as double)',
        'other_place': 'cast(is_other_place as double)',
        'place_lost': 'cast(is_place_lost as double)',
        'form_lost': 'cast(is_form_lost as double)',
        'other_form': 'cast(is_other_form as double)',
        'doubled': 'cast(is_doubled as double)',
        'neighbour_before_usual': 'neighbour_before_usual',
        'neighbour_after_usual': 'neighbour_after_usual',
        'same_address': 'cast(coalesce(is_same_address, 0) as double)',
        'other_address': 'cast(coalesce(1 - is_same_address, 0) as double)',
        'in_branch': 'cast(is_in_branch as double)',
        'last_of_brand': "case when zone = 'brand' then cast(is_last_of_brand as double) else 0.0 end",
        'short_place': "case when zone = 'region' and name_brand_start = 2 then 1.0 else 0.0 end",
        'place_suffix': "case when zone = 'region' and name_character in ('市', '省', '县', '区', '州') then 1.0 else 0.0 end",
        'before_place_word':
            "case when next_character in ('村', '镇', '乡', '社', '屯', '寨', '庄', '坪', '沟') then 1.0 else 0.0 end",
        'brand_of_cooperative': "case when zone = 'brand' and name_key like '%合作社%' then 1.0 else 0.0 end",
        'before_trade_end': "case when zone = 'trade' and next_character = '业' then 1.0 else 0.0 end",
        'sounds_alike': 'cast(is_sound_alike as double)',
        'brand_of_two': 'case when name_trade_start - name_brand_start = 2 then 1.0 else 0.0 end',
        'brand_of_three': 'case when name_trade_start - name_brand_start = 3 then 1.0 else 0.0 end',
        'brand_of_four': 'case when name_trade_start - name_brand_start = 4 then 1.0 else 0.0 end',
        'gap_unexpected':
            "case when slip_kind = 'missing' and bigram_least = 0 then neighbour_before_usual + neighbour_after_usual else 0.0 end"
    } -%}
    {%- for column in ['bigram_least', 'bigram_most', 'trigram_least', 'trigram_most', 'name_bigram_least',
        'name_bigram_most', 'name_trigram_least', 'name_trigram_most', 'before_usual', 'after_usual'] -%}
        {%- do out.update({
            column: column,
            column ~ '_over_half': 'greatest(' ~ column ~ ' - 0.5, 0)',
            column ~ '_over_two': 'greatest(' ~ column ~ ' - 2, 0)',
            column ~ '_over_four': 'greatest(' ~ column ~ ' - 4, 0)',
            'brand_' ~ column: column ~ ' * ' ~ in_brand,
            'short_brand_' ~ column: column ~ ' * ' ~ in_short_brand
        }) -%}
    {%- endfor -%}
    {%- for column in ['bigram_least', 'bigram_most', 'trigram_most'] -%}
        {%- do out.update({
            'brand_' ~ column ~ '_unseen': "case when zone = 'brand' and " ~ column ~ " = 0 then 1.0 else 0.0 end",
            'short_brand_' ~ column ~ '_unseen':
                "case when zone = 'brand' and is_short_brand = 1 and " ~ column ~ " = 0 then 1.0 else 0.0 end"
        }) -%}
    {%- endfor -%}
    {%- for column in ['subject_character_usual', 'name_character_usual'] -%}
        {%- do out.update({
            column: column,
            column ~ '_over_six': 'greatest(' ~ column ~ ' - 6, 0)',
            column ~ '_over_eight': 'greatest(' ~ column ~ ' - 8, 0)',
            column ~ '_over_ten': 'greatest(' ~ column ~ ' - 10, 0)',
            'brand_' ~ column: column ~ ' * ' ~ in_brand,
            'short_brand_' ~ column: column ~ ' * ' ~ in_short_brand
        }) -%}
    {%- endfor -%}
    {%- for column in ['subject_character_there', 'name_character_there', 'subject_character_in_brands'] -%}
        {%- do out.update({
            column: column,
            column ~ '_over_two': 'greatest(' ~ column ~ ' - 2, 0)',
            column ~ '_over_four': 'greatest(' ~ column ~ ' - 4, 0)',
            column ~ '_over_six': 'greatest(' ~ column ~ ' - 6, 0)'
        }) -%}
    {%- endfor -%}
    {%- do out.update({
        'head_of_two_usual': 'head_of_two_usual',
        'head_of_three_usual': 'head_of_three_usual',
        'placeless_head_of_two_usual': 'head_of_two_usual * is_place_lost',
        'placeless_head_of_three_usual': 'head_of_three_usual * is_place_lost',
        'placeless_in_region': "case when zone = 'region' then cast(is_place_lost as double) else 0.0 end",
        'frame_usual': 'frame_usual',
        'frame_usual_over_half': 'greatest(frame_usual - 0.5, 0)',
        'frame_usual_over_two': 'greatest(frame_usual - 2, 0)',
        'frame_usual_over_four': 'greatest(frame_usual - 4, 0)',
        'brand_frame_usual': 'frame_usual * ' ~ in_brand,
        'short_brand_frame_usual': 'frame_usual * ' ~ in_short_brand
    }) -%}
    {%- for column in ['subject_brand_usual', 'name_brand_usual'] -%}
        {%- do out.update({column: column, column ~ '_over_half': 'greatest(' ~ column ~ ' - 0.5, 0)'}) -%}
    {%- endfor -%}
    {{ return(out) }}
{% endmacro %}

{#- Evidence that counts together, too. -#}
{% macro slip_pairs() %}
    {{ return(each_with_each(['in_region', 'in_brand', 'in_trade', 'brand_of_two', 'brand_of_four', 'first_of_brand',
        'last_of_brand', 'in_branch', 'name_length', 'bigram_least', 'bigram_most', 'trigram_least', 'trigram_most',
        'name_trigram_least', 'name_bigram_least', 'name_bigram_most', 'before_usual', 'after_usual', 'subject_character_usual',
        'name_character_usual', 'subject_brand_usual', 'name_brand_usual', 'subject_character_there', 'name_character_there',
        'subject_character_in_brands', 'frame_usual'])) }}
{% endmacro %}

{% macro slip_features() -%}
    {%- for name, expression in slip_evidence().items() %}
        {{ expression }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Whether one of the names that a sentence may hold (parted by blanks) begins with a whole name and goes on to a branch;
    that the name is one of them, too, says only that the sentence can be cut there. -#}
{% macro goes_on_to_branch(alternatives, name_key) -%}
    {%- set longer = "replace(concat(' ', " ~ alternatives ~ ", ' '), concat(' ', " ~ name_key ~ ", ' '), '  ')" -%}
    (strpos({{ longer }}, concat(' ', {{ name_key }})) > 0
        and {{ matches("substr(" ~ longer ~ ", strpos(" ~ longer ~ ", concat(' ', " ~ name_key ~ ")))", '(分公司|支公司|分店|连锁店|门店|便利店|药店|号店|支行|分行|营业部|门市部|经营部|办事处|代表处|分理处|分厂|分社|分校|分所|分院|信用社|储蓄所|加油站|专柜|柜台|车间|工区|项目部|直营店|(经销|销售|工程|管理|代销|营销|收购|服务|加工|施工)处|(配销|配送|营销|销售|服务)中心|公司[^ ]{0,6}事务所)( |$)') }})
{%- endmacro %}
