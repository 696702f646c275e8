{{ affected_keys('record_id', [('subject_link', 'record_id')]) }}
