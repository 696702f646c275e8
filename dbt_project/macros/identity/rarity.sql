{#- What sharing a pair of characters is worth: one point more whenever half as many registered names hold it, nothing from
    256 on (null; the join would explode). In whole steps, so that a name more or less changes hardly any weight. -#}
{% macro rarity_weight(occurrences) -%}
    case
        when {{ occurrences }} < 1 then null
        {%- for step in range(1, 9) %}
        when {{ occurrences }} < {{ 2 ** step }} then {{ 22 - step }}
        {%- endfor %}
    end
{%- endmacro %}
