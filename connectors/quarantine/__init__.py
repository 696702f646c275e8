"""Rows that broke the contract: what is open, workbooks for the departments, another try after the contract changed."""

from connectors.quarantine.open_rows import OpenRow, open_feeds, open_rows
from connectors.quarantine.recheck import ReplayResult, replay
from connectors.quarantine.workbook import ExportedWorkbook, export

__all__ = ["ExportedWorkbook", "OpenRow", "ReplayResult", "export", "open_feeds", "open_rows", "replay"]
