{{ affected_keys('record_id', [('administrative_penalty_versions', 'record_id'), ('subject_link', 'record_id')]) }}
