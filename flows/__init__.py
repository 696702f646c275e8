"""Prefect flows that call the rooms in order, and the schedule they run by. No business logic here."""
