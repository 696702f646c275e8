"""The notification block that alerts go through: any address apprise knows (mail, webhook, chat).

Prefect's server loads this module as one of its collections (entry point ``prefect.collections`` in pyproject.toml).
"""

from __future__ import annotations

from prefect.blocks.notifications import AppriseNotificationBlock


class Alert(AppriseNotificationBlock):  # type: ignore[misc]
    """An apprise address such as ``mailtos://user:password@mail.example`` or ``jsons://host/path``."""

    _block_type_name = "creditlake alert"
    _block_type_slug = "creditlake-alert"
    _description = "Alerts of creditlake: late and failed runs, by mail or webhook."
