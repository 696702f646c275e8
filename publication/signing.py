"""The key that signs releases: Ed25519 (RFC 8032) or SM2 (GB/T 32918) from the file that a bureau names, or one made for this
machine."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from lake.errors import TerminalError
from lake.settings import Settings
from publication.verify_release import SUBJECT_PUBLIC_KEY_INFO, PublicKey, fingerprint, is_signed

LOCAL_KEYS = {"ed25519": "signing_key.pem", "sm2": "signing_key_sm2.pem"}
"""The key in the work folder of an installation that was given none: good for trying out, known to no receiver."""

_SM2_PRIVATE = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_SM2_PUBLIC = bytes.fromhex("a14403420004")
"""DER before the private number (32 bytes) and before the public point (64) of a PKCS 8 key, in the one form that openssl
writes."""


@dataclass(frozen=True)
class SigningKey:
    """A private key; ``is_local`` when creditlake made it itself."""

    public: PublicKey
    _sign: Callable[[bytes], bytes]
    file: Path
    is_local: bool

    @property
    def algorithm(self) -> str:
        """ed25519 or sm2, as the manifest names it."""
        return self.public.algorithm

    @property
    def public_pem(self) -> bytes:
        """What receivers are given, on another way than the release: PEM, SubjectPublicKeyInfo."""
        before, _ = SUBJECT_PUBLIC_KEY_INFO[self.algorithm]
        return _pem("PUBLIC KEY", before + self.public.raw)

    @property
    def fingerprint(self) -> str:
        """sha256 of the bytes of the public key, as ``verify_release.py`` prints it."""
        return fingerprint(self.public)

    def sign(self, data: bytes) -> bytes:
        """The signature: of Ed25519 64 bytes, the same for the same data; of SM2 a DER sequence, another one each time.

        Raises ``TerminalError`` when it does not hold against the public key.
        """
        signature = self._sign(data)
        if not is_signed(data, signature, self.public):
            raise TerminalError("publication.signature_wrong", path=self.file)
        return signature


def load_key(settings: Settings) -> SigningKey:
    """The key of ``signing_key``, else the local one of ``signing_algorithm``, made now if there is none.

    Raises ``TerminalError`` when the file is missing or holds no unencrypted private key of that algorithm in PEM: another
    key in its place would make every receiver refuse the release.
    """
    if settings.signing_key is not None:
        return _read(settings.signing_key, settings.signing_algorithm, is_local=False)
    file = _local(settings)
    if not file.exists():
        _make(file, settings.signing_algorithm)
    return _read(file, settings.signing_algorithm, is_local=True)


def has_key(settings: Settings) -> bool:
    """Whether ``load_key`` would find a key without making one."""
    return settings.signing_key is not None or _local(settings).exists()


def _local(settings: Settings) -> Path:
    return settings.work_dir / LOCAL_KEYS[settings.signing_algorithm]


def _read(file: Path, algorithm: str, *, is_local: bool) -> SigningKey:
    try:
        public, sign = (_sm2 if algorithm == "sm2" else _ed25519)(file.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise TerminalError("publication.key_unreadable", path=file, detail=error, algorithm=algorithm) from error
    return SigningKey(public, sign, file, is_local)


def _ed25519(pem: bytes) -> tuple[PublicKey, Callable[[bytes], bytes]]:
    """Raises ``ValueError`` for another key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, password=None)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(type(key).__name__)
    return PublicKey("ed25519", key.public_key().public_bytes_raw()), key.sign


def _sm2(pem: bytes) -> tuple[PublicKey, Callable[[bytes], bytes]]:
    """Raises ``ValueError`` for another key, and for one whose halves do not belong together."""
    found = re.search(rb"-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----", pem)
    der = base64.b64decode(found.group(1)) if found else b""
    middle, end = len(_SM2_PRIVATE), len(_SM2_PRIVATE) + 32
    if not der.startswith(_SM2_PRIVATE) or der[end:].removeprefix(_SM2_PUBLIC) != der[-64:]:
        raise ValueError("SM2?")
    private, raw, library = der[middle:end], der[-64:], _gmssl()

    def sign(data: bytes) -> bytes:
        return bytes(library.sm2_sign(private, raw, data))

    public = PublicKey("sm2", raw)
    if not is_signed(b"creditlake", sign(b"creditlake"), public):
        raise ValueError("SM2: public != private")
    return public, sign


def _gmssl() -> ModuleType:
    """The library of SM2, which has no wheel for every machine."""
    try:
        return import_module("gmssl_pyx")
    except ImportError as error:
        raise TerminalError("publication.sm2_missing", detail=error) from error


def _make(file: Path, algorithm: str) -> None:
    """Write a new key that only this user can read; of two that do it at once, the first one's stays."""
    pem = _new_sm2() if algorithm == "sm2" else _new_ed25519()
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


def _new_ed25519() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_sm2() -> bytes:
    public, private = _gmssl().sm2_key_generate()
    return _pem("PRIVATE KEY", _SM2_PRIVATE + private + _SM2_PUBLIC + public)


def _pem(label: str, der: bytes) -> bytes:
    text = base64.b64encode(der).decode()
    lines = [text[place : place + 64] for place in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()
