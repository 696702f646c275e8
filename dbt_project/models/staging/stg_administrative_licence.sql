select {{ columns_of('stg_administrative_licence') }}
from {{ ref('administrative_licence_versions') }}
where version_rank = 1
