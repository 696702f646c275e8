{{ config(affected_column='record_id', change_columns=['record_id', 'uscc']) }}

{{ public_of(none, 'public_honour', 'honour', ['credit_china']) }}
