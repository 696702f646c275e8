{{ affected_versions('administrative_licence', business_key_of('administrative_licence')) }}
