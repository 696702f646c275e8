"""Check a release off line: ``python verify_release.py FOLDER --key public.pem``.

Needs Python 3.11 and one package, nothing of creditlake: ``cryptography`` for a key of Ed25519 (RFC 8032), ``gmssl-pyx`` for
one of SM2 (GB/T 32918 with SM3, user id 1234567812345678). Receivers get this file and the public key from the bureau itself,
never from the folder that is to be checked. Exit code 0 when every byte is as signed, 1 when not; each file that is changed,
missing or too many is named.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
CHUNK_BYTES = 1024 * 1024


class Problem(NamedTuple):
    """A file and what is wrong with it: signature, missing, extra, size or digest."""

    path: str
    kind: str
    expected: str = ""
    found: str = ""


class Expected(NamedTuple):
    """What the manifest says of a file."""

    path: str
    bytes: int
    sha256: str


class PublicKey(NamedTuple):
    """A public key: ed25519 with its 32 bytes, or sm2 with the 64 bytes of its point."""

    algorithm: str
    raw: bytes


SUBJECT_PUBLIC_KEY_INFO = {
    "ed25519": (bytes.fromhex("302a300506032b6570032100"), 32),
    "sm2": (bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"), 64),
}
"""DER that stands before the key in the one form that openssl writes, and the length of the key."""


def read_key(pem: bytes) -> PublicKey:
    """The public key in a PEM text as openssl writes it; raises ``ValueError`` when it is none of Ed25519 or SM2."""
    found = re.search(rb"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----", pem)
    der = base64.b64decode(found.group(1)) if found else b""
    for algorithm, (before, length) in SUBJECT_PUBLIC_KEY_INFO.items():
        if der.startswith(before) and len(der) == len(before) + length:
            return PublicKey(algorithm, der[len(before) :])
    raise ValueError("not an Ed25519 or SM2 public key / 不是 Ed25519 或 SM2 公钥")


def fingerprint(key: PublicKey) -> str:
    """sha256 of the key's bytes, by which people compare keys."""
    return hashlib.sha256(key.raw).hexdigest()


def is_signed(manifest: bytes, signature: bytes, key: PublicKey) -> bool:
    """Whether the owner of ``key`` signed exactly these bytes."""
    return (_is_signed_sm2 if key.algorithm == "sm2" else _is_signed_ed25519)(manifest, signature, key.raw)


def _is_signed_ed25519(manifest: bytes, signature: bytes, raw: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, manifest)
    except InvalidSignature:
        return False
    return True


def _is_signed_sm2(manifest: bytes, signature: bytes, raw: bytes) -> bool:
    import gmssl_pyx

    try:
        return bool(gmssl_pyx.sm2_verify(raw, manifest, signature))
    except (gmssl_pyx.GmsslInnerError, gmssl_pyx.InvalidValueError):
        return False


def expected_files(manifest: bytes) -> list[Expected]:
    """The files that a manifest lists."""
    return [Expected(file["path"], file["bytes"], file["sha256"]) for file in json.loads(manifest)["files"]]


def compare(expected: Expected, size: int, digest: str) -> Iterator[Problem]:
    """What is wrong with a file of this size and digest."""
    if size != expected.bytes:
        yield Problem(expected.path, "size", str(expected.bytes), str(size))
    elif digest != expected.sha256:
        yield Problem(expected.path, "digest", expected.sha256, digest)


def extra_files(expected: Iterable[Expected], found: Iterable[str]) -> Iterator[Problem]:
    """Files that nobody signed."""
    known = {MANIFEST, SIGNATURE, *(file.path for file in expected)}
    yield from (Problem(path, "extra") for path in sorted(set(found) - known))


def verify(folder: Path, key: PublicKey) -> list[Problem]:
    """Everything wrong with a release; the files are only compared with a manifest that ``key`` signed."""
    try:
        manifest, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    except FileNotFoundError as error:
        return [Problem(Path(error.filename).name, "missing")]
    if not is_signed(manifest, signature, key):
        return [Problem(MANIFEST, "signature", fingerprint(key))]
    expected = expected_files(manifest)
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return [*(problem for file in expected for problem in _check(folder, file)), *extra_files(expected, found)]


def _check(folder: Path, expected: Expected) -> Iterator[Problem]:
    digest, size = hashlib.sha256(), 0
    try:
        with (folder / expected.path).open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError:
        yield Problem(expected.path, "missing")
        return
    yield from compare(expected, size, digest.hexdigest())


WORDS = {
    "signature": "signature is not of this key / 签名与给定公钥不符",
    "missing": "missing / 缺少",
    "extra": "not in the manifest / 清单之外",
    "size": "size / 大小",
    "digest": "changed (sha256) / 内容被改动",
}


def main() -> int:
    """Print what was found."""
    parser = argparse.ArgumentParser(description="Check a release off line / 离线验证一个发布版本")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="public key (PEM) from the bureau / 发布单位的公钥")
    arguments = parser.parse_args()
    try:
        key = read_key(arguments.key.read_bytes())
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{arguments.key}: {error}\n")
        return 2
    try:
        problems = verify(arguments.folder, key)
    except ImportError as error:
        package = {"sm2": "gmssl-pyx", "ed25519": "cryptography"}[key.algorithm]
        sys.stderr.write(f"{error}: pip install {package}\n")
        return 2
    for problem in problems:
        difference = f": {problem.expected} -> {problem.found}" if problem.found else ""
        sys.stdout.write(f"{problem.path}: {WORDS[problem.kind]}{difference}\n")
    if not problems:
        sys.stdout.write(f"OK / 全部一致 ({fingerprint(key)})\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
