"""A release as its readers see it: complete, in every format, and only new when the content is."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pandas
import pytest

from lake.errors import TerminalError
from publication import list_releases, render, show_release, verify_release
from tests.publication.conftest import Lake
from tests.publication.warehouse import code

GOLDEN = Path(__file__).parent / "golden"


def test_every_dataset_is_there_in_every_format(lake: Lake) -> None:
    result = lake.publish()
    manifest = show_release(lake.storage)
    empty = ("public_list_entry", "public_honour", "public_commitment", "list_measure", "public_warning")
    rows = {"public_licence": 10, "public_penalty": 20, **dict.fromkeys(empty, 0)}
    assert result.rows == {**rows, "enterprise_profile": 30, "publicity_notice": 0}
    found = {(file.dataset, file.format) for file in manifest.files}
    assert found == {
        *((name, kind) for name in list(rows) for kind in ("parquet", "jsonl", "csv", "xlsx")),
        *(("enterprise_profile", kind) for kind in ("parquet", "jsonl", "sqlite")),
        *(("publicity_notice", kind) for kind in ("parquet", "jsonl")),
        ("catalogue", "jsonld"),
        ("data_dictionary", "csv"),
        ("data_dictionary", "json"),
    }
    assert verify_release(lake.storage).ok


def test_manifest_is_as_agreed_with_readers(lake: Lake) -> None:
    lake.publish("run-1")
    manifest = json.loads(lake.file("manifest.json").read_bytes())
    assert list(manifest) == [
        "format", "version", "created_at", "run_id", "release_before", "inputs", "datasets", "files", "accepted_checks",
        "approval", "content_of", "withdrawn", "audit", "signer",
    ]  # fmt: skip
    assert manifest["run_id"] == "run-1" and manifest["release_before"] is None
    assert list(manifest["inputs"]) == [
        "ledger_version", "bronze_versions", "copy_versions", "build_id", "warehouse_fingerprint", "policy_digest",
        "models_digest", "code_version", "renderer_version",
    ]  # fmt: skip
    penalty = next(entry for entry in manifest["datasets"] if entry["id"] == "public_penalty")
    golden = json.loads((GOLDEN / "public_penalty_dataset.json").read_text(encoding="utf-8"))
    assert penalty == golden
    current = json.loads(Path(lake.storage.url("releases/current.json")).read_bytes())
    assert current["version"] == manifest["version"]


def test_csv_is_what_a_spreadsheet_opens(lake: Lake) -> None:
    lake.publish()
    content = lake.file("csv/public_penalty/all.csv").read_bytes()
    assert content == (GOLDEN / "public_penalty.csv").read_bytes()


def test_release_is_readable_as_it_lies(lake: Lake) -> None:
    lake.publish()
    rows = {dataset.id: dataset.rows for dataset in show_release(lake.storage).datasets}
    for name, expected in rows.items():
        parquet, lines = lake.file(f"parquet/{name}"), lake.file(f"jsonl/{name}/all.jsonl")
        assert len(pandas.read_parquet(parquet)) == len(pandas.read_json(lines, lines=True, dtype=False)) == expected
        for files in (f"{parquet}/*.parquet", str(lines)):
            assert duckdb.sql(f"select count(*) from '{files}'").fetchone() == (expected,)
    for name in list(rows)[:3]:
        table = lake.file(f"csv/{name}/all.csv")
        assert len(pandas.read_csv(table, dtype=str)) == rows[name]
        assert duckdb.sql(f"select count(*) from read_csv('{table}', all_varchar = true)").fetchone() == (rows[name],)
        book = openpyxl.load_workbook(lake.file(f"xlsx/{name}/all.xlsx"), read_only=True)
        assert len(list(book[book.sheetnames[2]].values)) - 1 == rows[name]
    row = duckdb.sql(f"select max(fine_amount_yuan) from '{lake.file('parquet/public_penalty')}/*.parquet'").fetchone()
    assert row is not None and str(row[0]) == "1900.50"


def test_json_lines_hold_every_column_text_as_text_and_null_where_empty(lake: Lake) -> None:
    lake.change("update publicity.public_penalty set fine_amount_yuan = 9999999999999.99, uscc = '012345'")
    lake.publish()
    lines = lake.file("jsonl/public_penalty/all.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0], parse_float=str)
    assert first == {
        "record_id": "p" + "0" * 31, "counterpart_name": "虚构市示例0000号有限公司", "uscc": "012345",
        "decision_number": "虚市监罚〔2025〕0号", "violation_facts": "在网店发布虚假广告,第0次",
        "fine_amount_yuan": "9999999999999.99", "decision_date": "2025-03-01", "authority_name": "虚构市市场监督管理局",
        "remark": None, "source_updated_at": "2025-03-02T10:00:00+08:00",
    }  # fmt: skip
    assert "虚构市" in lines[0]
    assert [json.loads(line)["record_id"] for line in lines] == [f"p{number:031d}" for number in range(20)]
    profile = json.loads(lake.file("jsonl/enterprise_profile/all.jsonl").open(encoding="utf-8").readline())
    assert (profile["former_names"], profile["is_listed"]) == (["虚构市旧名0000号有限公司"], True)


def test_lookup_holds_the_rows_of_all_parts_each_once_and_in_their_order(lake: Lake) -> None:
    lake.publish(rows_per_part=5)
    parts = sorted(file.path for file in show_release(lake.storage).files_of("enterprise_profile", "parquet"))
    assert len(parts) > 2
    query = "select uscc, enterprise_name, penalty_count from"
    in_parts = [row for path in parts for row in duckdb.sql(f"{query} '{lake.file(path)}'").fetchall()]
    database = sqlite3.connect(lake.file("sqlite/enterprise_profile.sqlite"))
    assert database.execute(f"{query} enterprise_profile order by rowid").fetchall() == in_parts


def test_a_part_that_cannot_be_written_is_the_error_that_is_told(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(render, "write_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        lake.publish(rows_per_part=5)
    monkeypatch.undo()
    lake.publish(rows_per_part=5)
    assert verify_release(lake.storage).ok


def test_lookup_by_code_and_by_name_uses_an_index(lake: Lake) -> None:
    lake.publish()
    database = sqlite3.connect(lake.file("sqlite/enterprise_profile.sqlite"))
    subject = code(7, "990201")
    for condition, value in (("uscc", subject), ("enterprise_name", "虚构市示例0007号有限公司")):
        query = f"select enterprise_name, is_listed, penalty_count from enterprise_profile where {condition} = ?"
        assert database.execute(query, [value]).fetchall() == [("虚构市示例0007号有限公司", 0, 3)]
        plan = " ".join(str(step) for step in database.execute(f"explain query plan {query}", [value]))
        assert "USING INDEX" in plan or "USING COVERING INDEX" in plan


def test_same_content_is_no_new_release(lake: Lake) -> None:
    first = lake.publish("run-1")
    lake.change("update identity.enterprise set enterprise_name = enterprise_name")
    second = lake.publish("run-2")
    third = lake.publish("run-3")
    assert not second.published and not third.published
    assert second.version == third.version == first.version
    assert [release.version for release in list_releases(lake.storage)] == [first.version]


def test_same_content_gives_same_bytes_in_another_lake(make_lake: Callable[..., Lake]) -> None:
    digests = []
    for name in ("one", "two"):
        lake = make_lake(name)
        lake.publish()
        files = show_release(lake.storage).files
        digests.append({file.path: file.sha256 for file in files if file.format not in {"xlsx", "jsonld"}})
    assert digests[0] == digests[1]


def test_unchanged_parts_are_carried_and_changed_ones_rendered(lake: Lake) -> None:
    first = lake.publish(rows_per_part=10)
    lake.change(
        f"update profile.enterprise_profile set registration_status = '注销' where uscc = '{code(4, '990201')}'"
    )
    second = lake.publish(rows_per_part=10)
    manifest = show_release(lake.storage)
    written = {file.path for file in manifest.files if file.written_in == second.version}
    assert written == {
        "parquet/enterprise_profile/9902.parquet",
        "jsonl/enterprise_profile/9902.jsonl",
        "sqlite/enterprise_profile.sqlite",
        "catalogue.jsonld",
    }
    assert second.files_carried == len(manifest.files) - 4
    assert manifest.release_before == first.version
    assert verify_release(lake.storage).ok and verify_release(lake.storage, first.version).ok


def test_mended_lookup_holds_what_a_fresh_one_would(lake: Lake) -> None:
    lake.publish()
    lake.change(f"delete from profile.enterprise_profile where uscc = '{code(3, '990101')}'")
    lake.change("update profile.enterprise_profile set penalty_count = 99 where enterprise_name like '%0005%'")
    new = "('91990101FX00000A1C', '虚构市新立有限公司', '存续', '2025-11-01', [], 0, false, 5.00)"
    lake.change(f"insert into profile.enterprise_profile values {new}")
    lake.publish()
    database = sqlite3.connect(lake.file("sqlite/enterprise_profile.sqlite"))
    found = database.execute(
        "select uscc, enterprise_name, penalty_count from enterprise_profile order by 1"
    ).fetchall()
    with duckdb.connect(lake.warehouse, read_only=True) as connection:
        expected = connection.execute(
            "select uscc, enterprise_name, penalty_count from profile.enterprise_profile order by 1"
        ).fetchall()
    assert found == expected
    assert database.execute("pragma integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("kept", [None, b"no database", "of another release"])
def test_what_is_kept_of_the_last_release_can_be_lost(lake: Lake, kept: bytes | str | None) -> None:
    lake.publish()
    file = lake.warehouse.parent / "published.duckdb"
    if kept is None:
        file.unlink()
    elif isinstance(kept, bytes):
        file.write_bytes(kept)
    else:
        with duckdb.connect(file) as connection:
            connection.execute("update release set version = 'another'; delete from digest_enterprise_profile")
    lake.change("update profile.enterprise_profile set penalty_count = 99 where enterprise_name like '%0005%'")
    result = lake.publish()
    assert {file.path for file in show_release(lake.storage).files if file.written_in == result.version} == {
        "parquet/enterprise_profile/all.parquet",
        "jsonl/enterprise_profile/all.jsonl",
        "sqlite/enterprise_profile.sqlite",
        "catalogue.jsonld",
    }
    database = sqlite3.connect(lake.file("sqlite/enterprise_profile.sqlite"))
    assert database.execute("select count(*), max(penalty_count) from enterprise_profile").fetchall() == [(30, 99)]


def test_personal_and_unclassified_columns_are_in_no_file(lake: Lake) -> None:
    lake.change("alter table publicity.public_licence add column informant text default '举报人李某某'")
    lake.publish()
    for path in Path(lake.storage.url("releases")).rglob("*"):
        if path.suffix in {".csv", ".parquet", ".json"}:
            content = path.read_bytes()
            assert "举报人李某某".encode() not in content and "张某某".encode() not in content, path
            assert b"informant" not in content and b"legal_representative" not in content, path


def test_missing_table_keeps_the_release(lake: Lake) -> None:
    first = lake.publish()
    lake.change("drop table publicity.public_penalty")
    with pytest.raises(TerminalError) as error:
        lake.publish()
    assert error.value.code == "publication.table_missing" and "creditlake build" in str(error.value)
    assert show_release(lake.storage).version == first.version


def test_a_release_that_is_not_there_is_named_with_those_that_are(lake: Lake) -> None:
    with pytest.raises(TerminalError, match="creditlake publish"):
        show_release(lake.storage)
    result = lake.publish()
    with pytest.raises(TerminalError, match=str(result.version)):
        show_release(lake.storage, "20200101T000000Z-00000000")


def test_a_damaged_lookup_is_not_mended_but_written_anew(lake: Lake) -> None:
    first = lake.publish().version
    damaged = lake.file("sqlite/enterprise_profile.sqlite")
    content = bytearray(damaged.read_bytes())
    content[-100] ^= 1
    damaged.write_bytes(content)
    lake.change("update profile.enterprise_profile set penalty_count = 99 where enterprise_name like '%0005%'")
    lake.publish()
    fresh = lake.file("sqlite/enterprise_profile.sqlite")
    assert fresh != damaged and verify_release(lake.storage).ok and not verify_release(lake.storage, first).ok
    database = sqlite3.connect(fresh)
    assert database.execute("select count(*), max(penalty_count) from enterprise_profile").fetchall() == [(30, 99)]
