{{ config(affected_column='business_key', change_columns=['record_id', 'business_key']) }}

{{ record_versions('link_decision', business_key_of('link_decision'), ['source_updated_at', 'decided_at']) }}
