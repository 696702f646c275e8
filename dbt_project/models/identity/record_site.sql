{#- What newest records say of sites: one row per record, role, kind of key and key. Kinds: `icp` number of a filing, `domain`, `url` whole
    address, `shop_id` and `shop_name` (on a platform), and of reports `shop_host`: somebody else's site on which shops stand. -#}
{{ config(affected_column='record_id', change_columns=['record_id', 'is_report', 'key_kind', 'site_key']) }}
{{ depends_on_affected('record_site') }}
-- depends_on: {{ ref('stg_complaint') }}, {{ ref('stg_sampling_inspection') }}, {{ ref('stg_shared') }}, {{ source('bronze', 'ledger') }}
{%- set delivered = delivered_shared_contracts() %}

with mentions as (
    select
        record_id, '' as role, false as is_report, false as is_shop, false as is_platform,
        business_key as icp, business_key as domain, business_key as url, business_key as platform, business_key as shop_id,
        business_key as shop_name, business_key as site_name, record_date as starts, record_date as ends, false as is_over,
        record_date
    from {{ ref('stg_shared') }}
    where false
    {% for one in site_mentions() if one.contract in delivered or one.contract in linked_contracts() -%}
    {%- set is_own = one.contract in linked_contracts() %}
    union all
    select
        bronze.record_id, '{{ one.role }}' as role, {{ one.is_report | default(false) | lower }} as is_report,
        {{ one.is_shop | default('false') }} as is_shop, {{ one.is_platform | default('false') }} as is_platform,
        {% for column in ['icp', 'domain', 'url', 'platform', 'shop_id', 'shop_name', 'site_name'] -%}
        cast({{ one[column] | default('null') }} as {{ text_type() }}) as {{ column }},
        {% endfor -%}
        cast({{ one.starts | default('null') }} as date) as starts, cast({{ one.ends | default('null') }} as date) as ends,
        case when {{ one.ended | default('false') }} then true else false end as is_over, cast({{ one.day | default('null') }} as date) as record_date
    from {{ ref('stg_' ~ one.contract) if is_own else delta_table('bronze/' ~ one.contract) }} as bronze
    {%- if not is_own %}
    inner join {{ ref('stg_shared') }} as newest on bronze.record_id = newest.record_id and newest.contract_id = '{{ one.contract }}'
    {%- endif %}
    where {{ is_affected('record_site', 'record_id', 'bronze.record_id') }}
    {% endfor %}
),

keyed as (
    select
        mentions.*,
        {{ icp_key('icp') }} as icp_key,
        {{ url_key('url') }} as url_key,
        {{ host_key('coalesce(domain, url)') }} as host_key,
        {{ host_key('url') }} as url_host_key,
        concat({{ key_text('platform') }}, ' ', {{ key_text('shop_id') }}) as shop_id_key,
        concat({{ key_text('platform') }}, ' ', {{ key_text('shop_name') }}) as shop_name_key
    from mentions
),

found as (
    {% for kind, key, condition in [
        ('icp', 'icp_key', 'icp_key is not null'),
        ('domain', 'host_key', "not is_shop and not is_platform and strpos(host_key, '.') > 0"),
        ('url', 'url_key', "not is_platform and strpos(url_key, '/') > 0"),
        ('shop_id', 'shop_id_key', 'platform is not null and shop_id is not null'),
        ('shop_name', 'shop_name_key', 'platform is not null and shop_name is not null'),
        ('shop_host', 'url_host_key', "(is_shop or is_platform) and strpos(url_host_key, '.') > 0")
    ] -%}
    select
        record_id, role, is_report, '{{ kind }}' as key_kind, {{ key }} as site_key, {{ key_text('site_name') }} as site_name_key,
        starts, ends, is_over, record_date
    from keyed
    where {{ condition }}
    {% if not loop.last %}union{% endif %}
    {% endfor %}
)

select * from found
