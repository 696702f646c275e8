select {{ columns_of('stg_registration_change') }}
from {{ ref('registration_change_versions') }}
where version_rank = 1
