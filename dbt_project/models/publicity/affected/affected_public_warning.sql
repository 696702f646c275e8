{{ affected_keys('record_id', [('public_list_entry', 'record_id'), ('list_receiver', 'record_id')]) }}
