"""Publication: immutable releases of the public tables, and reading and verifying them."""

from publication.manifest import Current, Manifest, PublishResult
from publication.publish import publish
from publication.releases import VerifyResult, list_releases, show_release, verify_release

__all__ = [
    "Current",
    "Manifest",
    "PublishResult",
    "VerifyResult",
    "list_releases",
    "publish",
    "show_release",
    "verify_release",
]
