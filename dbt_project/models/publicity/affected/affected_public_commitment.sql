{{ affected_linked('public_commitment') }}
