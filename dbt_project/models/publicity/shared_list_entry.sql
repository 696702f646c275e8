{{ config(affected_column='record_id', change_columns=['record_id', 'uscc']) }}

{{ public_of('credit_list_entry', 'shared_list_entry', 'list_entry', ['departments']) }}
