{{ config(affected_column='record_id', change_columns=['record_id']) }}

select {{ columns_of('publicity_event') }}
from {{ ref('found_event') }}
where {{ is_affected('publicity_event', 'record_id') }}
