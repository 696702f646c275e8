{{ affected_keys('record_id', [
    ('shared_versions', 'record_id'), ('complaint_versions', 'record_id'), ('sampling_inspection_versions', 'record_id')]) }}
