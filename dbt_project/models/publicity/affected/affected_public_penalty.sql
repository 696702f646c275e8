{{ affected_keys('record_id', [('credit_penalty', 'record_id'), ('held_record', 'record_id')]) }}
