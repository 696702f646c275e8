"""A receiver with the publisher's key, off line, is told of every byte that is not as it was signed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lake.errors import TerminalError
from lake.settings import load_settings
from publication import audit, list_releases, verify_release
from publication.signing import load_key
from publication.verify_release import PublicKey, is_signed, read_key, verify
from tests.publication.conftest import Lake

ROOT = Path(__file__).parents[2]


def found(lake: Lake, folder: Path) -> list[tuple[str, str]]:
    key = read_key(load_key(lake.settings).public_pem)
    return [(problem.path, problem.kind) for problem in verify(folder, key)]


def new_key(file: Path) -> Path:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(pem)
    return file


ALGORITHMS = pytest.mark.parametrize("algorithm", ["ed25519", "sm2"])


def signing_with(lake: Lake, algorithm: str) -> Lake:
    lake.settings = load_settings(lake_url=lake.settings.lake_url, signing_algorithm=algorithm)
    return lake


@ALGORITHMS
def test_the_script_runs_alone_and_names_what_is_wrong(lake: Lake, tmp_path: Path, algorithm: str) -> None:
    signing_with(lake, algorithm).publish()
    away = tmp_path / "received"
    shutil.copytree(lake.file("manifest.json").parent, away)
    script = shutil.copy(ROOT / "publication" / "verify_release.py", tmp_path / "verify_release.py")
    (tmp_path / "public.pem").write_bytes(load_key(lake.settings).public_pem)

    def run() -> tuple[int, str]:
        command = [sys.executable, "-I", str(script), str(away), "--key", str(tmp_path / "public.pem")]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
        return done.returncode, done.stdout

    code, words = run()
    assert code == 0 and load_key(lake.settings).fingerprint in words
    (away / "csv/public_penalty/all.csv").unlink()
    (away / "xlsx/more.xlsx").write_bytes(b"x")
    code, words = run()
    assert code == 1
    assert [line.split(":")[0] for line in words.splitlines()] == ["csv/public_penalty/all.csv", "xlsx/more.xlsx"]


def test_one_flipped_byte_in_any_file_is_named(lake: Lake) -> None:
    lake.publish()
    folder = lake.file("manifest.json").parent
    assert found(lake, folder) == []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        flipped = bytearray(content)
        if content:
            flipped[len(content) // 2] ^= 1
        path.write_bytes(flipped or b"\n")
        problems = found(lake, folder)
        if path.name in {"manifest.json", "manifest.sig"}:
            assert problems == [("manifest.json", "signature")]
        else:
            assert problems == [(path.relative_to(folder).as_posix(), "digest" if content else "size")]
        path.write_bytes(content)
    assert found(lake, folder) == []


def test_a_release_signed_again_by_another_key_is_refused(lake: Lake, tmp_path: Path) -> None:
    lake.publish()
    key = load_key(lake.settings).public_pem
    other = load_key(load_settings(lake_url=str(tmp_path / "other"), signing_key=new_key(tmp_path / "other.pem")))
    lake.file("manifest.sig").write_bytes(other.sign(lake.file("manifest.json").read_bytes()))
    assert verify_release(lake.storage, public_key=other.public_pem).ok
    problems = verify_release(lake.storage, public_key=key).problems
    assert [problem.path.split("/")[-1] for problem in problems] == ["manifest.json"]


SM2 = ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]


@ALGORITHMS
def test_openssl_agrees_with_the_signature(lake: Lake, tmp_path: Path, algorithm: str) -> None:
    signing_with(lake, algorithm).publish()
    (tmp_path / "public.pem").write_bytes(load_key(lake.settings).public_pem)
    files = ["-in", str(lake.file("manifest.json")), "-sigfile", str(lake.file("manifest.sig"))]
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(tmp_path / "public.pem"), "-rawin", *files]
    command += SM2 if algorithm == "sm2" else []
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_a_key_that_openssl_made_signs_with_sm2_and_one_of_the_other_algorithm_stops_the_release(
    lake: Lake, tmp_path: Path
) -> None:
    files = {"sm2": tmp_path / "sm2.pem", "ed25519": tmp_path / "ed25519.pem"}
    for algorithm, file in files.items():
        command = ["openssl", "genpkey", "-algorithm", algorithm.replace("sm2", "SM2"), "-out", str(file)]
        subprocess.run(command, check=True, capture_output=True)
    for algorithm, other in (("sm2", "ed25519"), ("ed25519", "sm2")):
        given = {"lake_url": lake.settings.lake_url, "signing_key": files[other], "signing_algorithm": algorithm}
        lake.settings = load_settings(**given)
        with pytest.raises(TerminalError) as error:
            lake.publish()
        assert error.value.code == "publication.key_unreadable" and list_releases(lake.storage) == []
    lake.settings = load_settings(lake_url=lake.settings.lake_url, signing_key=files["sm2"], signing_algorithm="sm2")
    lake.publish()
    signer = list_releases(lake.storage)[0].signer
    assert signer and signer.algorithm == "sm2"
    public = subprocess.run(
        ["openssl", "pkey", "-in", str(files["sm2"]), "-pubout"], check=True, capture_output=True
    ).stdout
    assert load_key(lake.settings).public_pem == public
    assert verify_release(lake.storage, public_key=public).ok
    for other_key in (load_key(signing_with(lake, "ed25519").settings), load_key(signing_with(lake, "sm2").settings)):
        problems = verify_release(lake.storage, public_key=other_key.public_pem).problems
        assert [problem.path.split("/")[-1] for problem in problems] == ["manifest.json"]


def test_the_example_of_the_standard_holds() -> None:
    """GB/T 32918.5, example of a signature: user id 1234567812345678, message "message digest"."""
    point = (
        "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    )
    signature = (
        "3046022100F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "022100B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
    )
    key = PublicKey("sm2", bytes.fromhex(point))
    assert is_signed(b"message digest", bytes.fromhex(signature), key)
    assert not is_signed(b"message digesT", bytes.fromhex(signature), key)
    assert not any(is_signed(b"message digest", wrong, key) for wrong in (b"", bytes.fromhex(signature)[:-1]))


def test_the_bureaus_key_signs_and_one_that_is_missing_stops_the_release(lake: Lake, tmp_path: Path) -> None:
    missing = load_settings(lake_url=lake.settings.lake_url, signing_key=tmp_path / "bureau.pem")
    lake.settings = missing
    with pytest.raises(TerminalError) as error:
        lake.publish()
    assert error.value.code == "publication.key_unreadable" and list_releases(lake.storage) == []
    new_key(tmp_path / "bureau.pem")
    assert not lake.publish().is_local_key
    assert verify_release(lake.storage, public_key=load_key(missing).public_pem).ok


def test_a_key_made_here_is_said_to_be_one_and_is_nobody_elses(lake: Lake) -> None:
    assert lake.publish().is_local_key
    assert load_key(lake.settings).file.stat().st_mode & 0o077 == 0


def test_a_change_of_key_is_said(lake: Lake, tmp_path: Path) -> None:
    assert lake.publish().key_before is None
    before = load_key(lake.settings).fingerprint
    lake.settings = load_settings(lake_url=lake.settings.lake_url, signing_key=new_key(tmp_path / "other.pem"))
    lake.change("update profile.enterprise_profile set registration_status = '吊销'")
    assert lake.publish().key_before == before
    lake.change("update profile.enterprise_profile set registration_status = '注销'")
    assert lake.publish().key_before is None


def test_each_manifest_vouches_for_the_chain_before_it(lake: Lake) -> None:
    versions = [lake.publish().version]
    lake.change("update profile.enterprise_profile set registration_status = '吊销'")
    versions.append(lake.publish().version)
    releases = list_releases(lake.storage)
    assert [entry.release for entry in audit.check(lake.storage, releases)] == versions
    assert releases[0].audit and releases[0].audit.number == 1
    entry = Path(lake.storage.url(audit.path_of(1)))
    entry.write_bytes(entry.read_bytes().replace(b'"actor": "run"', b'"actor": "ran"'))
    with pytest.raises(TerminalError) as error:
        audit.check(lake.storage, releases)
    assert error.value.code == "publication.audit_broken"
