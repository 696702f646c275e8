{{ affected_keys('record_id', [('credit_penalty', 'record_id'), ('publicity_decision', 'record_id')]) }}
