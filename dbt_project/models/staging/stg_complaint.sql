select {{ columns_of('stg_complaint') }}
from {{ ref('complaint_versions') }}
where version_rank = 1
