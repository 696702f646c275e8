{{ affected_versions('enterprise_registration', business_key_of('enterprise_registration')) }}
