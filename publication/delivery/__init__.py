"""Deliveries: what a release holds, sent to the systems where the plan says it must be shown."""
