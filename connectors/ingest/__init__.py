"""Ingest: from the drop folder to committed bronze rows, exactly once, every row accounted for."""

from connectors.ingest.result import IngestResult, Warned
from connectors.ingest.run import IngestPlan, ingest, plan_ingest, prepare_tables, sum_up, take_feed

__all__ = [
    "IngestPlan",
    "IngestResult",
    "Warned",
    "ingest",
    "plan_ingest",
    "prepare_tables",
    "sum_up",
    "take_feed",
]
