{{ affected_keys('record_id', [('credit_licence', 'record_id'), ('held_record', 'record_id')]) }}
