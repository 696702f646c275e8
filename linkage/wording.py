"""Methods, reasons, roles and fields in words."""

from __future__ import annotations

from lake.messages import catalogue, current_language, text


def worded(kind: str, code: str | None) -> str:
    """``code`` of a kind (method, reason, role, field, step) in the current language; itself where the catalogue has none."""
    if code is None:
        return "—"
    key = f"linkage.{kind}_{code}"
    return text(key) if key in catalogue(current_language()) else code
