{{ config(affected_column='record_id', change_columns=['record_id', 'uscc']) }}

{{ credit_of('administrative_licence', 'credit_licence') }}
