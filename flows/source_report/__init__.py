"""What a department gets to read about its own feeds: a page and a workbook."""

from flows.source_report.gather import source_reports
from flows.source_report.rendering import to_html, write_workbook

__all__ = ["source_reports", "to_html", "write_workbook"]
