"""Ingest: from the drop folder to committed bronze rows, exactly once, every row accounted for."""

from connectors.ingest.result import IngestResult, Warned
from connectors.ingest.run import ingest, prepare_tables

__all__ = ["IngestResult", "Warned", "ingest", "prepare_tables"]
