{{ affected_subjects('link_state') }}
