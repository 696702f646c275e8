{{ config(affected_column='business_key', change_columns=['record_id', 'business_key']) }}

{{ record_versions('administrative_licence', business_key_of('administrative_licence'), ['source_updated_at', 'decision_date']) }}
