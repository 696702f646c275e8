{{ affected_keys('record_id', [('administrative_licence_versions', 'record_id'), ('subject_link', 'record_id')]) }}
