select {{ columns_of('stg_link_decision') }}
from {{ ref('link_decision_versions') }}
where version_rank = 1
