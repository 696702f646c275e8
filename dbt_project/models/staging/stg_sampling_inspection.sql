select {{ columns_of('stg_sampling_inspection') }}
from {{ ref('sampling_inspection_versions') }}
where version_rank = 1
