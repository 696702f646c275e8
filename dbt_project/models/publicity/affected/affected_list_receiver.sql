{{ affected_keys('record_id', [('list_entry_versions', 'record_id')]) }}
