select {{ columns_of('stg_shared') }}
from {{ ref('shared_versions') }}
where version_rank = 1
