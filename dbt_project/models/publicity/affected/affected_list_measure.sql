{{ affected_keys('record_id', [('public_list_entry', 'record_id')]) }}
