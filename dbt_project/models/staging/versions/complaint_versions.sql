{{ config(affected_column='business_key', change_columns=['record_id', 'business_key']) }}

{{ record_versions('complaint', business_key_of('complaint'), ['source_updated_at', 'concluded_at', 'received_at']) }}
