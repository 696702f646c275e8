{{ config(affected_column='business_key', change_columns=['record_id', 'business_key', 'uscc']) }}

{{ record_versions('enterprise_registration', business_key_of('enterprise_registration'), ['source_updated_at', 'approval_date']) }}
