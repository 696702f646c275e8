{{ affected_versions('complaint', business_key_of('complaint')) }}
