select {{ columns_of('stg_enterprise_registration') }}
from {{ ref('enterprise_registration_versions') }}
where version_rank = 1
