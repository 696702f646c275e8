{{ affected_versions('registration_change', business_key_of('registration_change')) }}
