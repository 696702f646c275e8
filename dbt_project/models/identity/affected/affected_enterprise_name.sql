{{ affected_keys('uscc', [('enterprise', 'uscc')]) }}
