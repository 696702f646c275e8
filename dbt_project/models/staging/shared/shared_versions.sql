{#- All versions of the records whose types share staging, ranked as `record_versions` ranks those of one type. -#}
{{ config(affected_column='business_key', change_columns=['record_id', 'business_key'], post_hook='{{ newest_views() }}') }}
{{ depends_on_affected('shared_versions') }}
{%- set incremental = not is_full_build() and is_incremental() -%}
{%- set columns = columns_of('shared_versions', without=['version_rank']) %}

with arriving as (
    {{ shared_arrivals(this if incremental else none) }}
),

counting as (
    select {{ columns }} from arriving
    {%- if incremental %}
    where business_key in (select business_key from {{ ref('affected_shared_versions') }})
    union all
    select {{ columns }}
    from {{ this }}
    where
        business_key in (select business_key from {{ ref('affected_shared_versions') }})
        and batch_id in (select batch_id from {{ ref('current_batch') }} where mode <> 'correction')
    {%- endif %}
)

select
    {{ columns }},
    cast(row_number() over (
        partition by business_key
        order by version_at desc nulls last, content_digest desc, record_id desc
    ) as int) as version_rank
from counting
