{{ config(affected_column='record_id', change_columns=['record_id', 'uscc']) }}

{{ public_of(none, 'public_commitment', 'commitment', ['credit_china'], person_column='legal_representative') }}
