{{ affected_keys('record_id', [('credit_list_entry', 'record_id'), ('publicity_decision', 'record_id')]) }}
