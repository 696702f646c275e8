{{ affected_versions('administrative_penalty', business_key_of('administrative_penalty')) }}
