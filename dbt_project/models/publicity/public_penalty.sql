{{ config(affected_column='record_id', change_columns=['record_id', 'uscc']) }}

{{ public_of('credit_penalty', 'public_penalty', 'administrative_penalty') }}
