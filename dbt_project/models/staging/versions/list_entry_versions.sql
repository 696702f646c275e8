{{ config(affected_column='business_key', change_columns=['record_id', 'business_key']) }}

{{ record_versions('list_entry', business_key_of('list_entry'), ['source_updated_at', 'removed_date', 'listed_date']) }}
