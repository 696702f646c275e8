{{ config(affected_column='uscc', change_columns=['uscc', 'record_id']) }}

with registered as (
    select
        stg.*,
        row_number() over (
            partition by uscc
            order by coalesce(source_updated_at, cast(approval_date as {{ timestamp_type() }})) desc nulls last,
                content_digest desc, record_id desc
        ) as place
    from {{ ref('stg_enterprise_registration') }} as stg
    where
        length(uscc) = 18 and enterprise_name is not null
        and {{ is_affected('enterprise', 'uscc') }}
),

earlier_names as (
    select uscc, enterprise_name as former_name
    from {{ ref('enterprise_registration_versions') }}
    where {{ is_affected('enterprise', 'uscc') }}
    union
    select uscc, before_content as former_name
    from {{ ref('stg_registration_change') }}
    where change_item like '%名称%' and {{ is_affected('enterprise', 'uscc') }}
),

former as (
    select
        earlier_names.uscc,
        {{ joined_values('earlier_names.former_name') }} as former_names
    from earlier_names
    inner join registered
        on earlier_names.uscc = registered.uscc and registered.place = 1
        and earlier_names.former_name <> registered.enterprise_name
    group by earlier_names.uscc
)

select
    registered.uscc,
    registered.record_id,
    registered.enterprise_name,
    former.former_names,
    registered.registration_number,
    coalesce(registered.organisation_code, substr(registered.uscc, 9, 9)) as organisation_code,
    registered.registration_status,
    registered.establishment_date,
    registered.province,
    registered.city,
    registered.county
from registered
left join former on registered.uscc = former.uscc
where registered.place = 1
