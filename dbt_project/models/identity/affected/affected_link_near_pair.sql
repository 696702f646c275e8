{{ affected_subjects('link_near_pair') }}
