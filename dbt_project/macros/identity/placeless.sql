{#- How rare a name is that is written without its place: parts of it whose bearers are counted, part -> SQL expression over the
    columns `text` (the name without its place, and at level 2 without its form) and `name_unplaced`. -#}
{% macro placeless_parts() %}
    {{ return({
        'head_one': 'substr(name_unplaced, 1, 1)',
        'head_two': 'substr(name_unplaced, 1, 2)',
        'head_three': 'substr(name_unplaced, 1, 3)',
        'tail_from_three': 'substr(text, 3)',
        'tail_from_four': 'substr(text, 4)',
        'tail_from_five': 'substr(text, 5)',
        'last_four': 'substr(text, greatest(length(text) - 3, 1))'
    }) }}
{% endmacro %}

{#- The evidence on a name without its place: name -> SQL expression over the columns of link_placeless. How usual the parts
    are counts piecewise (`over_…`: what lies above a bound) and together, since a rare beginning makes up for a usual end. -#}
{% macro placeless_evidence() %}
    {%- set out = {} -%}
    {%- for part in placeless_parts() -%}
        {%- do out.update({
            part: part,
            part ~ '_over_half': 'greatest(' ~ part ~ ' - 0.5, 0)',
            part ~ '_over_two': 'greatest(' ~ part ~ ' - 2, 0)',
            part ~ '_over_four': 'greatest(' ~ part ~ ' - 4, 0)',
            part ~ '_over_six': 'greatest(' ~ part ~ ' - 6, 0)'
        }) -%}
    {%- endfor -%}
    {%- for first, second in [
        ('head_one', 'head_two'), ('head_one', 'tail_from_three'), ('head_one', 'tail_from_five'),
        ('head_two', 'tail_from_three'), ('head_two', 'tail_from_four'), ('head_two', 'last_four'),
        ('head_three', 'tail_from_four')
    ] -%}
        {%- do out.update({first ~ '_and_' ~ second: first ~ ' * ' ~ second}) -%}
    {%- endfor -%}
    {%- for bound in [4, 5, 6, 7, 8, 9, 10, 12] -%}
        {%- do out.update({'longer_than_' ~ bound: 'case when length(text) > ' ~ bound ~ ' then 1.0 else 0.0 end'}) -%}
    {%- endfor -%}
    {%- for level in ['province', 'city', 'county'] -%}
        {%- set is_level = "case when place_level = '" ~ level ~ "' then 1.0 else 0.0 end" -%}
        {%- do out.update({
            'of_' ~ level: is_level,
            'of_' ~ level ~ '_and_head_two': 'head_two * ' ~ is_level,
            'of_' ~ level ~ '_and_tail_from_three': 'tail_from_three * ' ~ is_level
        }) -%}
    {%- endfor -%}
    {%- do out.update({
        'has_branch': 'case when name_branch is not null then 1.0 else 0.0 end',
        'has_no_form': 'case when name_form is null then 1.0 else 0.0 end',
        'same_address': 'cast(is_same_address as double)'
    }) -%}
    {{ return(out) }}
{% endmacro %}

{#- Sum of evidence times weight. -#}
{% macro weighted(evidence, features, weights) -%}
    {{ weights }}.intercept
    {%- for name in evidence %}
        + {{ features }}.{{ name }} * {{ weights }}.{{ name }}
    {%- endfor %}
{%- endmacro %}

{#- Whether two addresses are one: the shorter one, of at least six letters and digits, ends the longer one. -#}
{% macro is_same_address(left_address, right_address) -%}
    {%- set left = replace_every(left_address, '[^0-9A-Za-z一-龥]', '') -%}
    {%- set right = replace_every(right_address, '[^0-9A-Za-z一-龥]', '') -%}
    case
        when least(length({{ left }}), length({{ right }})) >= 6
            and substr({{ left }}, greatest(length({{ left }}) - least(length({{ left }}), length({{ right }})), 0) + 1)
            = substr({{ right }}, greatest(length({{ right }}) - least(length({{ left }}), length({{ right }})), 0) + 1) then 1
        else 0
    end
{%- endmacro %}
