{{ config(affected_column='record_id', change_columns=['record_id', 'uscc']) }}

{{ credit_of('list_entry', 'credit_list_entry') }}
