{{ affected_keys('record_id', [('shared_list_entry', 'record_id'), ('list_receiver', 'record_id')]) }}
