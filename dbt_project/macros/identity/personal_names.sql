{#- What may stand around an operator's name in the name of an individual business, and family names that tell a given name
    which ends like a shop (张子轩, 李小园) from a trade name. -#}
{% macro personal_name_parts() %}
    {{ return({
        'before': '(?:个体工商户|个体户|经营者(?:姓名)?|业主)?[:：]?',
        'after': '(?:[(（]?(?:个体工商户|个体户|个体经营户?|个体|经营者)[)）]?)?',
        'family': '[王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦'
            ~ '付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包'
            ~ '宁尚符舒阮柯纪梅童凌毕单裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫]',
    }) }}
{% endmacro %}

{#- Whether a name is that of the operator alone: an individual business (92…) need not have a trade name
    (standards 1.4), and then its registered name is a natural person's. -#}
{% macro is_personal_name(name, uscc) -%}
    {%- set bare = bare_name(name) -%}
    coalesce(case when {{ uscc }} like '92%' then
        {{ matches(bare, "^([一-龥*＊某]{2,4}|[一-龥]{1,12}([·•・．.‧][一-龥]{1,12})+)$") }}
        and not {{ matches(bare, "[店厂行部坊馆社铺站吧屋室园庄楼场所院堂阁轩斋摊档城廊苑号记家]$") }}
        or {{ matches(bare, "^" ~ personal_name_parts()['family'] ~ "([轩园苑城堂楼庄]|[一-龥][轩园苑城堂楼庄行阁廊家])$") }}
        or {{ matches(bare, "^[A-Za-z][A-Za-z.,-]+$") }}
    end, false)
{%- endmacro %}

{#- Whether any of several names (joined with ；) of an individual business may be its operator's. -#}
{% macro may_name_a_person(names, uscc) -%}
    {%- set parts = personal_name_parts() -%}
    coalesce({{ uscc }} like '92%' and {{ matches(
        names, "(^|；)" ~ parts['before'] ~ "([一-龥 　]{2,6}|[一-龥]+([·•・．.‧][一-龥]+)+|[A-Za-z][A-Za-z., -]+)" ~ parts['after'] ~ "(；|$)"
    ) }}, false)
{%- endmacro %}

{#- A name without the words around an operator's, and also without blanks: 经营者：张　三 gives 张　三 and 张三. -#}
{% macro operator_name(name) -%}
    {%- set parts = personal_name_parts() -%}
    {{ replace_every(name, "^" ~ parts['before'] ~ "|" ~ parts['after'] ~ "$", '') }}
{%- endmacro %}

{% macro bare_name(name) -%}
    {{ operator_name("replace(replace(" ~ name ~ ", ' ', ''), '　', '')") }}
{%- endmacro %}

{#- First character of a person's name, the rest masked. -#}
{% macro masked_name(name) -%}
    (substring({{ bare_name(name) }}, 1, 1) || '**')
{%- endmacro %}
