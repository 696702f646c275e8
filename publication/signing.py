"""The key that signs releases: Ed25519 (RFC 8032) from the file that a bureau names, or one made for this machine."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lake.errors import TerminalError
from lake.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM = "ed25519"
LOCAL_KEY = "signing_key.pem"
"""The key in the work folder of an installation that was given none: good for trying out, known to no receiver."""


@dataclass(frozen=True)
class SigningKey:
    """A private key; ``is_local`` when creditlake made it itself."""

    _private: Ed25519PrivateKey
    file: Path
    is_local: bool

    @property
    def public_pem(self) -> bytes:
        """What receivers are given, on another way than the release: PEM, SubjectPublicKeyInfo."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """sha256 of the 32 bytes of the public key, as ``verify_release.py`` prints it."""
        return hashlib.sha256(self._private.public_key().public_bytes_raw()).hexdigest()

    def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes; the same data give the same bytes."""
        return self._private.sign(data)


def load_key(settings: Settings) -> SigningKey:
    """The key of ``signing_key``, else the local one, made now if there is none.

    Raises ``TerminalError`` when the file is missing or holds no unencrypted Ed25519 private key in PEM: another key in
    its place would make every receiver refuse the release.
    """
    if settings.signing_key is not None:
        return _read(settings.signing_key, is_local=False)
    file = settings.work_dir / LOCAL_KEY
    if not file.exists():
        _make(file)
    return _read(file, is_local=True)


def has_key(settings: Settings) -> bool:
    """Whether ``load_key`` would find a key without making one."""
    return settings.signing_key is not None or (settings.work_dir / LOCAL_KEY).exists()


def _read(file: Path, *, is_local: bool) -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise TerminalError("publication.key_unreadable", path=file, detail=error) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise TerminalError("publication.key_unreadable", path=file, detail=type(key).__name__)
    return SigningKey(key, file, is_local)


def _make(file: Path) -> None:
    """Write a new key that only this user can read; of two that do it at once, the first one's stays."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
