"""Publication: immutable releases of the public tables, and reading and verifying them."""

from publication.manifest import Approver, Current, Manifest, PublishResult
from publication.publish import publish
from publication.releases import VerifyResult, list_releases, show_release, verify_release

__all__ = [
    "Approver",
    "Current",
    "Manifest",
    "PublishResult",
    "VerifyResult",
    "list_releases",
    "publish",
    "show_release",
    "verify_release",
]
