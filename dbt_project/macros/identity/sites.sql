{#- Record types that name a website, a filing (ICP) or a shop, and the role whose own it is. `is_report`: the record says whose it
    is (filings and annual reports, platforms' reports of their shops, the register of platforms); the others only name it. Of a
    report `starts`, `ends` and `ended` say from and until when, and whether it is over though nobody says since when.
    `is_shop`: the address is that of a shop on somebody else's site. -#}
{% macro site_mentions() %}
    {%- set shop = {'platform': 'platform_name', 'shop_name': 'shop_name'} -%}
    {{ return([
        {'contract': 'website', 'role': 'holder', 'is_report': true, 'icp': 'icp_number', 'domain': 'domain_name',
            'url': 'website_url', 'is_shop': "coalesce(web_type = '网店', false)", 'site_name': 'website_name',
            'starts': 'filing_date', 'ended': "filing_state in ('注销', '撤销', '未备案')"},
        {'contract': 'shop', 'role': 'operator', 'is_report': true, 'platform': 'platform_name', 'shop_id': 'shop_id',
            'shop_name': 'shop_name', 'url': 'shop_url', 'is_shop': 'true', 'site_name': 'shop_name', 'starts': 'opened_date',
            'ends': 'closed_date', 'ended': "shop_state in ('停业', '退出')"},
        {'contract': 'platform', 'role': 'operator', 'is_report': true, 'icp': 'icp_number', 'url': 'platform_url',
            'is_platform': 'true', 'site_name': 'platform_name', 'starts': 'registered_date', 'ended': "platform_state = '停止运营'"},
        dict({'contract': 'complaint', 'role': 'respondent', 'url': 'shop_url', 'day': shanghai_date('received_at')}, **shop),
        dict({'contract': 'sampling_inspection', 'role': 'sampled_unit', 'day': 'announcement_date'}, **shop),
        dict({'contract': 'dispute', 'role': 'respondent', 'url': 'shop_url', 'day': shanghai_date('received_at')}, **shop),
        dict({'contract': 'site_inspection', 'role': 'operator', 'url': 'website_url', 'icp': 'icp_number', 'shop_id': 'shop_id',
            'day': 'inspected_date'}, **shop),
        {'contract': 'content_violation', 'role': 'operator', 'url': 'website_url', 'domain': 'domain_name', 'icp': 'icp_number',
            'day': 'coalesce(found_date, decision_date)'},
        {'contract': 'ad_violation', 'role': 'publisher', 'url': 'website_url', 'domain': 'domain_name', 'icp': 'icp_number',
            'day': shanghai_date('found_at')},
        dict({'contract': 'ad_violation', 'role': 'advertiser', 'url': 'shop_url', 'shop_id': 'shop_id',
            'day': shanghai_date('found_at')}, **shop),
        dict({'contract': 'case', 'role': 'party', 'url': 'website_url', 'day': 'coalesce(clue_date, opened_date)'}, **shop),
        dict({'contract': 'product', 'role': 'seller', 'url': 'shop_url', 'shop_id': 'shop_id', 'day': 'purchase_date'}, **shop),
        dict({'contract': 'product_test', 'role': 'seller', 'url': 'shop_url', 'shop_id': 'shop_id', 'day': 'report_date'}, **shop),
        dict({'contract': 'parcel_clue', 'role': 'sender', 'url': 'shop_url', 'day': 'found_date'}, **shop)
    ]) }}
{% endmacro %}

{#- An address without scheme, `www.`, fragment and last stroke; and its host alone. -#}
{% macro url_key(url) -%}
    {%- set bare = replace_every('trim(' ~ url ~ ')', '^[A-Za-z]+://|#.*$', '') -%}
    nullif({{ replace_every(replace_every(bare, '^[wW]{3}[.]', ''), '/+$', '') }}, '')
{%- endmacro %}
{% macro host_key(url) -%}
    lower({{ replace_every(url_key(url), '[/?:].*$', '') }})
{%- endmacro %}

{#- Number of a filing without that of its site (沧ICP备99000018号-1: the holder's filing is 沧ICP备99000018号); null for no such number. -#}
{% macro icp_key(number) -%}
    {%- set main = replace_every(key_text(number), '号-?[0-9]*$', '号') -%}
    case when {{ matches(main, '^.{1,2}ICP[备证][0-9A-Z-]{5,20}号$') }} then {{ main }} end
{%- endmacro %}
