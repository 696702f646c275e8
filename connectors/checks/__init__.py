"""Row checks: a header is read by the contract's names, rows by SQL generated from its columns."""

from connectors.checks.check_plan import QUARANTINE_SCHEMA, CheckedBatch, CheckPlan, accepted_schema, plan
from connectors.checks.headers import HeaderMatch, match_header
from connectors.checks.macros import install_macros

__all__ = [
    "QUARANTINE_SCHEMA",
    "CheckPlan",
    "CheckedBatch",
    "HeaderMatch",
    "accepted_schema",
    "install_macros",
    "match_header",
    "plan",
]
