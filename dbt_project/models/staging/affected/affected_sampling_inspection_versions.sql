{{ affected_versions('sampling_inspection', business_key_of('sampling_inspection')) }}
