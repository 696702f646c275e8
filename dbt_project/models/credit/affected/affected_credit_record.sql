{{ affected_keys('record_id', [
    ('credit_licence', 'record_id'), ('credit_penalty', 'record_id'), ('credit_complaint', 'record_id'),
    ('credit_inspection', 'record_id'), ('credit_list_entry', 'record_id'),
    ('shared_versions', 'record_id'), ('subject_link', 'record_id')
]) }}
