{{ affected_keys('record_id', [('sampling_inspection_versions', 'record_id'), ('subject_link', 'record_id')]) }}
