{{ affected_versions('list_entry', business_key_of('list_entry')) }}
