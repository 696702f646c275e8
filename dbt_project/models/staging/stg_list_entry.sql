select {{ columns_of('stg_list_entry') }}
from {{ ref('list_entry_versions') }}
where version_rank = 1
