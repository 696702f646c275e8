{{ config(affected_column='business_key', change_columns=['record_id', 'business_key']) }}

{{ record_versions('sampling_inspection', business_key_of('sampling_inspection'), ['source_updated_at', 'announcement_date']) }}
