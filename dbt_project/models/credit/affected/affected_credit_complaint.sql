{{ affected_keys('record_id', [('complaint_versions', 'record_id'), ('subject_link', 'record_id')]) }}
