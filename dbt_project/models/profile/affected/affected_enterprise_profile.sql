{{ affected_keys('uscc', [
    ('enterprise', 'uscc'), ('public_licence', 'uscc'), ('public_penalty', 'uscc'), ('public_list_entry', 'uscc'),
    ('credit_complaint', 'uscc'), ('credit_inspection', 'uscc')
]) }}
