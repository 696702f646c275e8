{{ affected_keys('record_id', [('credit_list_entry', 'record_id'), ('held_record', 'record_id')]) }}
