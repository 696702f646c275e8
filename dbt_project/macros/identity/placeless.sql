{#- How rare a name is that is written without its place: parts of it whose bearers are counted, part -> SQL expression over the
    columns `text` (the name without its place, and at level 2 without its form) and `name_unplaced`. -#}
{% macro placeless_parts() %}
    {{ return({
        'head_one': 'substr(name_unplaced, 1, 1)',
        'head_two': 'substr(name_unplaced, 1, 2)',
        'head_three': 'substr(name_unplaced, 1, 3)',
        'head_four': 'substr(name_unplaced, 1, 4)',
        'head_five': 'substr(name_unplaced, 1, 5)',
        'tail_from_three': 'substr(text, 3)',
        'tail_from_four': 'substr(text, 4)',
        'tail_from_five': 'substr(text, 5)',
        'last_four': 'substr(text, greatest(length(text) - 3, 1))'
    }) }}
{% endmacro %}

{#- How long a name without its place is at most in a band (at level 2 without its form, too). -#}
{% macro name_band_ends(band) -%}
    case method when 'name_without_region' then {{ {'short': 9, 'middle': 12}[band] }} else {{ {'short': 5, 'middle': 8}[band] }} end
{%- endmacro %}

{#- One row per pair and part: the text whose bearers are counted. -#}
{% macro placeless_part_texts(pairs) -%}
    {%- for part, expression in placeless_parts().items() %}
    select subject_id, uscc, name_level, '{{ part }}' as part, {{ expression }} as part_text
    from {{ pairs }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{#- How many registered names have a part in common, for the texts asked for; at each level of the name. Longer beginnings are
    counted among the names that share a shorter one, longer ends among those that share a shorter end: few look-ups of the
    whole register. -#}
{% macro placeless_part_counts(part_texts, names) -%}
    {%- set columns = {3: 'name_unplaced', 2: 'name_core'} %}
    with headed as (
        select name_unplaced
        from {{ names }}
        where substr(name_unplaced, 1, 2) in (select asked.part_text from {{ part_texts }} as asked where asked.part = 'head_two')
    ),

    {% for level, column in columns.items() -%}
    ended_{{ level }} as (
        select {{ column }} as text
        from {{ names }}
        where substr({{ column }}, 5) in (
            select asked.part_text from {{ part_texts }} as asked
            where asked.part = 'tail_from_five' and asked.name_level = {{ level }}
        )
    ),

    {% endfor -%}
    counts as (
        {%- for part, expression in placeless_parts().items() %}
        {%- set outer_last = loop.last %}
        {%- set levels = {3: 'name_unplaced'} if part.startswith('head_') else columns %}
        {%- for level, column in levels.items() %}
        select
            {{ 'cast(null as int)' if part.startswith('head_') else level }} as name_level,
            '{{ part }}' as part, part_text, count(*) as bearers
        from (
            select {{ expression }} as part_text
            {%- if part == 'head_one' or part == 'last_four' %}
            from (select {{ column }} as text, name_unplaced from {{ names }}) as texts
            {%- elif part.startswith('head_') %}
            from headed
            {%- else %}
            from ended_{{ level }}
            {%- endif %}
        ) as cut
        where part_text in (
            select asked.part_text from {{ part_texts }} as asked
            where asked.part = '{{ part }}'{{ ' and asked.name_level = ' ~ level if not part.startswith('head_') }}
        )
        group by part_text
        {% if not (outer_last and loop.last) %}union all{% endif %}
        {%- endfor %}
        {%- endfor %}
    )

    select levels.name_level, counts.part, counts.part_text, counts.bearers
    from counts
    inner join (select 2 as name_level union all select 3 as name_level) as levels
        on counts.name_level is null or counts.name_level = levels.name_level
{%- endmacro %}

{#- The counts of a pair side by side, as ln; `left_out` is how often the subject's own name was counted. -#}
{% macro placeless_part_columns(left_out) -%}
    {%- for part in placeless_parts() %}
    ln(greatest(max(case when part_texts.part = '{{ part }}' then coalesce(part_counts.bearers, 0) end)
        - {{ left_out }}, 1)) as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The evidence on a name without its place: name -> SQL expression over the columns of link_placeless. How usual the parts
    are counts piecewise (`over_…`: what lies above a bound). -#}
{% macro placeless_evidence() %}
    {%- set out = {} -%}
    {%- for part in (placeless_parts() | list) + ['anywhere_two', 'anywhere_three'] -%}
        {%- do out.update({
            part: part,
            part ~ '_over_half': 'greatest(' ~ part ~ ' - 0.5, 0)',
            part ~ '_over_two': 'greatest(' ~ part ~ ' - 2, 0)',
            part ~ '_over_four': 'greatest(' ~ part ~ ' - 4, 0)',
            part ~ '_over_six': 'greatest(' ~ part ~ ' - 6, 0)'
        }) -%}
    {%- endfor -%}
    {%- for bound in [4, 5, 6, 7, 8, 9, 10, 12] -%}
        {%- do out.update({'longer_than_' ~ bound: 'case when length(text) > ' ~ bound ~ ' then 1.0 else 0.0 end'}) -%}
    {%- endfor -%}
    {%- for level in ['province', 'city', 'county'] -%}
        {%- set is_level = "case when place_level = '" ~ level ~ "' then 1.0 else 0.0 end" -%}
        {%- do out.update({'of_' ~ level: is_level}) -%}
    {%- endfor -%}
    {%- do out.update({
        'length': 'least(length(text), 20)',
        'has_branch': 'case when name_branch is not null then 1.0 else 0.0 end',
        'has_no_form': 'case when name_form is null then 1.0 else 0.0 end',
        'same_address': 'cast(coalesce(is_same_address, 0) as double)',
        'other_address': 'cast(coalesce(1 - is_same_address, 0) as double)'
    }) -%}
    {{ return(out) }}
{% endmacro %}

{#- Evidence that counts together, too: a rare beginning makes up for a usual end. -#}
{% macro placeless_pairs() %}
    {{ return(each_with_each(['length', 'has_branch', 'has_no_form', 'of_province', 'of_city', 'of_county']
        + (placeless_parts() | list) + ['anywhere_two', 'anywhere_three'])) }}
{% endmacro %}

{% macro placeless_features() -%}
    {%- for name, expression in placeless_evidence().items() %}
        {{ expression }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Each with each of those that follow it, as pairs. -#}
{% macro each_with_each(names) %}
    {%- set out = [] -%}
    {%- for first in names -%}
        {%- for second in names[loop.index:] -%}
            {%- do out.append((first, second)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(out) }}
{% endmacro %}

{#- Sum of evidence times weight, and of products of evidence times their weight (`a_and_b`). -#}
{% macro weighted(evidence, pairs, features, weights) -%}
    {%- set terms = [] -%}
    {%- for name in evidence -%}
        {%- do terms.append(features ~ '.' ~ name ~ ' * ' ~ weights ~ '.' ~ name) -%}
    {%- endfor -%}
    {%- for first, second in pairs -%}
        {%- do terms.append(
            features ~ '.' ~ first ~ ' * ' ~ features ~ '.' ~ second ~ ' * ' ~ weights ~ '.' ~ first ~ '_and_' ~ second
        ) -%}
    {%- endfor -%}
    {{ weights }}.intercept
    {%- for group in terms | batch(16) %}
        + ({{ group | join(' + ') }})
    {%- endfor %}
{%- endmacro %}

{#- Whether two addresses are one (1) or not (0): the shorter one, of at least six letters and digits, ends the longer one. Null
    where one of them says too little. -#}
{% macro is_same_address(left_address, right_address) -%}
    {%- set left = replace_every(left_address, '[^0-9A-Za-z一-龥]', '') -%}
    {%- set right = replace_every(right_address, '[^0-9A-Za-z一-龥]', '') -%}
    case
        when length({{ left }}) >= 6 and length({{ right }}) >= 6 then
            case
                when length({{ left }}) >= length({{ right }})
                    and substr({{ left }}, length({{ left }}) - length({{ right }}) + 1) = {{ right }} then 1
                when length({{ right }}) > length({{ left }})
                    and substr({{ right }}, length({{ right }}) - length({{ left }}) + 1) = {{ left }} then 1
                else 0
            end
    end
{%- endmacro %}
