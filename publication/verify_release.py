"""Check a release off line: ``python verify_release.py FOLDER --key public.pem``.

Needs Python 3.11 and the package ``cryptography``, nothing of creditlake: receivers get this file and the public key from the
bureau itself, never from the folder that is to be checked. Exit code 0 when every byte is as signed, 1 when not; each
file that is changed, missing or too many is named.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

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


def read_key(pem: bytes) -> Ed25519PublicKey:
    """The public key in a PEM text; raises ``ValueError`` when it is none of Ed25519."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key / 不是 Ed25519 公钥")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """sha256 of the key's 32 bytes, by which people compare keys."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def is_signed(manifest: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether the owner of ``key`` signed exactly these bytes."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, manifest)
    except InvalidSignature:
        return False
    return True


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


def verify(folder: Path, key: Ed25519PublicKey) -> list[Problem]:
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
    problems = verify(arguments.folder, key)
    for problem in problems:
        difference = f": {problem.expected} -> {problem.found}" if problem.found else ""
        sys.stdout.write(f"{problem.path}: {WORDS[problem.kind]}{difference}\n")
    if not problems:
        sys.stdout.write(f"OK / 全部一致 ({fingerprint(key)})\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
