select {{ columns_of('stg_administrative_penalty') }}
from {{ ref('administrative_penalty_versions') }}
where version_rank = 1
