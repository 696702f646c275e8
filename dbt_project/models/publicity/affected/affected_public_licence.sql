{{ affected_keys('record_id', [('credit_licence', 'record_id'), ('publicity_decision', 'record_id')]) }}
