{{ affected_keys('record_id', [('publicity_decision', 'record_id')]) }}
