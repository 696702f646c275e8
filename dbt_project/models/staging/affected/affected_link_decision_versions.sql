{{ affected_versions('link_decision', business_key_of('link_decision')) }}
