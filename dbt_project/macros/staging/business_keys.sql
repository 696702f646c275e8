{#- What makes two rows versions of one record, per contract; an SQL expression over the contract's columns (md5 text).
    When a key's parts are not there, the row is a record by itself (`content_digest`): two records seen as one would
    lose one of them, one record seen as two is shown twice and found by the checks. -#}
{% macro business_key_of(contract_id) -%}
    {{ return(context['business_key_of_' ~ contract_id]()) }}
{%- endmacro %}

{#- A code that fails its checks may be a slip that two enterprises share: it is a key only together with the name. -#}
{% macro business_key_of_enterprise_registration() -%}
    case
        when {{ is_sound_code('uscc') }} then {{ key_of('uscc', [key_text('uscc')]) }}
        when {{ is_sound_code('registration_number') }}
            then {{ key_of('registration_number', [key_text('registration_number')]) }}
        when enterprise_name is not null
            then {{ key_of('name', [key_text('enterprise_name'), key_text('uscc'), key_text('registration_number'),
                key_text("coalesce(county, city, province, registration_authority)")]) }}
        else content_digest
    end
{%- endmacro %}

{% macro business_key_of_registration_change() -%} content_digest {%- endmacro %}

{#- A number without an authority's name is taken as it is; several licences may be granted by one decision. -#}
{% macro business_key_of_administrative_licence() -%}
    case
        when coalesce(decision_number, licence_number) is not null and {{ is_named_party('counterpart_name') }}
            then {{ key_of('licence', [key_text('decision_number'), key_text('licence_number'),
                key_text('authority_name'), key_text('counterpart_name')]) }}
        else content_digest
    end
{%- endmacro %}

{#- One decision's number can bear many parties, and the party may stand only in the title. -#}
{% macro business_key_of_administrative_penalty() -%}
    case
        when decision_number is not null and {{ is_named_party('coalesce(counterpart_name, case_name)') }}
            then {{ key_of('penalty', [key_text('decision_number'), key_text('authority_name'),
                key_text('coalesce(counterpart_name, case_name)')]) }}
        else content_digest
    end
{%- endmacro %}

{% macro business_key_of_complaint() -%}
    case
        when complaint_number is not null then {{ key_of('complaint', ['system_id', key_text('complaint_number')]) }}
        else content_digest
    end
{%- endmacro %}

{#- A removal comes as a new version of the listing: without a number the day of listing tells which. -#}
{% macro business_key_of_list_entry() -%}
    case
        when not {{ is_named_party('subject_name') }} then content_digest
        when entry_number is not null
            then {{ key_of('entry', [key_text('list_type'), key_text('entry_number'), key_text('subject_name')]) }}
        when listed_date is not null
            then {{ key_of('listing', [key_text('list_type'), 'cast(listed_date as ' ~ text_type() ~ ')',
                key_text('decision_number'), key_text('deciding_authority'), key_text('ground'), key_text('subject_name')]) }}
        else content_digest
    end
{%- endmacro %}

{% macro business_key_of_sampling_inspection() -%}
    case
        when sampling_number is not null
            then {{ key_of('sample', [key_text('sampling_number'), key_text('inspection_item')]) }}
        else content_digest
    end
{%- endmacro %}

{#- A number given again is a newer version of that decision. -#}
{% macro business_key_of_link_decision() -%} {{ key_of('decision', ['system_id', key_text('decision_number')]) }} {%- endmacro %}

{#- Whether a party's name can tell it from others: masked (张**, 王某) it cannot. -#}
{% macro is_named_party(name) -%}
    coalesce({{ name }} not like '%*%' and {{ name }} not like '%某%' and {{ name }} not like '%＊%', false)
{%- endmacro %}

{#- Whether a code is there and ingest noted nothing against it (notes are `column:note_code`). -#}
{% macro is_sound_code(column) -%}
    ({{ column }} is not null and not (
        {%- for fault in ['placeholder', 'masked', 'character_outside_set', 'length_wrong', 'check_character_wrong',
            'organisation_check_wrong', 'department_unknown', 'check_digit_wrong'] %}
        {{ list_has('notes', "'" ~ column ~ ':' ~ fault ~ "'") }}{{ ' or' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
