{#- Names an enterprise bears or has borne, as read; one row per enterprise and name. `given_up_on`: day from which on it bore
    another name, by the notice of change, else by the first version of its entry that has another; null for the name it bears. -#}
{{ config(
    affected_column='uscc',
    change_columns=[
        'uscc', 'name_raw', 'name_key', 'name_folded', 'name_unplaced', 'name_stem', 'name_core', 'name_region', 'name_brand',
        'name_trade', 'name_form', 'name_branch', 'name_division', 'name_brand_start', 'name_trade_start', 'name_form_start',
        'division_code', 'address', 'organisation_code', 'registration_number', 'is_current', 'given_up_on'
    ]
) }}

with borne as (
    select
        versions.uscc,
        versions.version_at,
        reading.record_id,
        reading.name_raw,
        reading.name_key,
        reading.name_folded,
        reading.name_unplaced,
        reading.name_stem,
        reading.name_core,
        reading.name_region,
        reading.name_brand,
        reading.name_trade,
        reading.name_form,
        reading.name_branch,
        reading.name_division,
        reading.name_brand_start,
        reading.name_trade_start,
        reading.name_form_start,
        reading.division_code,
        reading.address_normalised as address,
        case when enterprises.record_id = versions.record_id then 1 else 0 end as is_current_row,
        enterprises.registration_number as registered_number,
        enterprises.organisation_code as registered_organisation_code
    from {{ ref('enterprise_registration_versions') }} as versions
    inner join {{ ref('enterprise') }} as enterprises on versions.uscc = enterprises.uscc
    inner join {{ ref('subject_reading') }} as reading
        on versions.record_id = reading.record_id and reading.role = 'enterprise'
    where reading.name_key is not null and {{ is_affected('enterprise_name', 'uscc', 'versions.uscc') }}
),

ranked as (
    select
        borne.*,
        row_number() over (partition by uscc, name_key order by is_current_row desc, record_id desc) as place,
        max(division_code) over (partition by uscc) as known_division,
        max(version_at) over (partition by uscc, name_key) as last_borne_at,
        min(name_key) over (partition by uscc) <> max(name_key) over (partition by uscc) as is_renamed
    from borne
),

changes as (
    select uscc, {{ key_text('before_content') }} as name_text, max(change_date) as changed_on
    from {{ ref('stg_registration_change') }}
    where change_item like '%名称%' and {{ is_affected('enterprise_name', 'uscc') }}
    group by uscc, {{ key_text('before_content') }}
),

replaced as (
    select earlier.uscc, earlier.name_key, min(later.version_at) as replaced_at
    from ranked as earlier
    inner join ranked as later
        on earlier.uscc = later.uscc and earlier.name_key <> later.name_key
        and (earlier.last_borne_at is null or earlier.last_borne_at < later.version_at)
    where earlier.is_renamed and later.is_renamed and earlier.place = 1
    group by earlier.uscc, earlier.name_key
)

select
    ranked.uscc,
    name_raw,
    ranked.name_key,
    name_folded,
    name_unplaced,
    name_stem,
    name_core,
    name_region,
    name_brand,
    name_trade,
    name_form,
    name_branch,
    name_division,
    name_brand_start,
    name_trade_start,
    name_form_start,
    coalesce(division_code, known_division) as division_code,
    address,
    registered_organisation_code as organisation_code,
    registered_number as registration_number,
    {{ code_shape('ranked.uscc') }} as code_shape,
    is_current_row = 1 as is_current,
    case when is_current_row = 0 then coalesce(changes.changed_on, {{ shanghai_date('replaced.replaced_at') }}) end as given_up_on
from ranked
-- Equal keys only: a condition on one side beside them makes DuckDB compare every name with every change.
left join changes
    on ranked.uscc = changes.uscc and case when ranked.is_renamed then {{ key_text('ranked.name_raw') }} end = changes.name_text
left join replaced on ranked.uscc = replaced.uscc and ranked.name_key = replaced.name_key
where place = 1
