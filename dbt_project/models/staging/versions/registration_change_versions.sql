{{ config(affected_column='business_key', change_columns=['record_id', 'business_key', 'uscc']) }}

{{ record_versions('registration_change', business_key_of('registration_change'), ['source_updated_at', 'change_date']) }}
