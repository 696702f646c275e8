"""Expectations: Great Expectations suites per contract and per output, and the gate of a release."""

from expectations.check import ReleaseBlockedError, check, require
from expectations.gate import gate
from expectations.result import CheckOutcome, CheckResult, FailingRow

__all__ = ["CheckOutcome", "CheckResult", "FailingRow", "ReleaseBlockedError", "check", "gate", "require"]
