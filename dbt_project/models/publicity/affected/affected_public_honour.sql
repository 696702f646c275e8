{{ affected_linked('public_honour') }}
