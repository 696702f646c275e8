{{ affected_keys('record_id', [
    ('administrative_licence_versions', 'record_id'), ('administrative_penalty_versions', 'record_id'),
    ('list_entry_versions', 'record_id'), ('subject_link', 'record_id')
]) }}
