"""Wrong contracts, declarations, settings and commands: the exit code, and a message that says where and what helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.contract import CONTRACTS
from tests.system.command_line import call, call_outside

FINISHED, REFUSED, USAGE, TERMINAL = 0, 1, 2, 4

SOURCE = """\
id: consumer_platform
name: 某某市消费者投诉平台
department: 市场监督管理局
owner: {name: 数据科}
feeds:
  - contract: complaint
    mode: increment
    cadence: monthly
    bounds: {minimum: 80, maximum: 200, period: month}
"""

CONTRACT_FAULTS = {
    "no YAML": ("kind: DataContract", "kind: [DataContract", ("YAML",)),
    "breaks the standard": ("apiVersion: v3.2.0\n", "", ("ODCS", "apiVersion")),
    "another id": ("id: complaint\n", "id: complaints\n", ("complaints", "file's name")),
    "column without classification": ("        classification: public\n", "", ("complaint_number", "classification")),
    "column twice": ("name: complaint_type", "name: complaint_number", ("complaint_number", "twice")),
    "header of two columns": ("{synonym: 投诉编号}", "{synonym: 登记时间}", ("登记时间", "received_at")),
    "unknown kind": ("{property: kind, value: document_number}", "{property: kind, value: number}", ("kind", "number")),
    "value twice": ("{value: 举报,", "{value: 投诉,", ("complaint_type", "投诉")),
    "bounds upside down": ("minimum: 1, maximum: 10000000", "minimum: 9, maximum: 1", ("minimum", "maximum")),
    "key of no column": ("value: [complaint_number]", "value: [number]", ("number", "businessKey")),
    "key twice": ("kind: DataContract\n", "kind: DataContract\nkind: DataContract\n", ("duplicate key", "kind")),
    "tab for blanks": ("    properties:", "\tproperties:", ("YAML", "character")),
    "type of no standard": ("logicalType: string", "logicalType: text", ("ODCS", "text", "timestamp")),
    "property nobody knows": ("property: outlet", "property: outlets", ("outlets", "outlet")),
}

SOURCE_FAULTS = {
    "no YAML": ("owner: {name: 数据科}", "owner: {name: 数据科", "line 5"),
    "no bounds": ("    bounds: {minimum: 80, maximum: 200, period: month}\n", "", "bounds"),
    "bounds upside down": ("minimum: 80", "minimum: 800", "800"),
    "unknown mode": ("mode: increment", "mode: incremental", "incremental"),
    "misspelt key": ("cadence:", "cadense:", "cadence"),
    "unknown contract": ("contract: complaint", "contract: complaints", "complaint"),
    "another id": ("id: consumer_platform", "id: other", "consumer_platform"),
}

SETTING_FAULTS = {
    "address": (
        {"CREDITLAKE_LAKE_URL": "ftp://host/lake"},
        USAGE,
        ("ftp://host/lake", "--lake", "CREDITLAKE_LAKE_URL", "creditlake.toml"),
    ),
    "number": ({"CREDITLAKE_THREADS": "many"}, USAGE, ("threads", "many", "CREDITLAKE_THREADS", "creditlake.toml")),
    "out of range": ({"CREDITLAKE_THREADS": "0"}, USAGE, ("threads", "0")),
    "language": ({"CREDITLAKE_LANGUAGE": "fr"}, USAGE, ("fr", "zh")),
    "misspelt": ({"CREDITLAKE_LAKE_ULR": "x"}, USAGE, ("CREDITLAKE_LAKE_ULR", "CREDITLAKE_LAKE_URL")),
    "endpoint": ({"CREDITLAKE_S3_ENDPOINT": "host:8333"}, USAGE, ("host:8333", "http://")),
    "no credentials": ({"CREDITLAKE_LAKE_URL": "s3://lake/region"}, TERMINAL, ("AWS_ACCESS_KEY_ID",)),
    "no bucket": ({"CREDITLAKE_LAKE_URL": "s3://"}, USAGE, ("s3://", "CREDITLAKE_LAKE_URL", "creditlake.toml")),
    "lake in a file": ({"CREDITLAKE_LAKE_URL": "/dev/null/lake"}, USAGE, ("/dev/null/lake", "CREDITLAKE_LAKE_URL")),
    "no settings file": ({"CREDITLAKE_CONFIG": "nothing.toml"}, USAGE, ("nothing.toml",)),
    "no folder of sources": ({"CREDITLAKE_SOURCES": "nowhere"}, TERMINAL, ("nowhere", "--sources")),
}

WRONG_COMMANDS = {
    "no such command": (("ingets",), ("ingets", "ingest")),
    "no such option": (("ingest", "--dorp", "x"), ("--dorp", "--drop")),
    "option without value": (("ingest", "--drop"), ("--drop",)),
    "no argument": (("contract", "show"), ("creditlake contract show",)),
    "no such language": (("status", "--lang", "fr"), ("fr",)),
    "no number": (("status", "--limit", "many"), ("--limit",)),
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the machine do not count here."""
    monkeypatch.chdir(tmp_path)
    for name in ("LAKE_URL", "SOURCES", "CONFIG", "LANGUAGE", "THREADS", "S3_ENDPOINT"):
        monkeypatch.delenv(f"CREDITLAKE_{name}", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)


def changed(text: str, old: str, new: str) -> str:
    assert old in text, f"the text to spoil no longer holds {old!r}"
    return text.replace(old, new, 1)


@pytest.mark.parametrize("kind", CONTRACT_FAULTS)
def test_a_wrong_contract_is_named_by_file_and_place(tmp_path: Path, kind: str) -> None:
    old, new, words = CONTRACT_FAULTS[kind]
    file = tmp_path / "complaint.yaml"
    file.write_text(changed((CONTRACTS / "complaint.yaml").read_text(encoding="utf-8"), old, new), encoding="utf-8")
    done = call("contract", "lint", "--lang", "en", file)
    assert done.exit_code == REFUSED, done.text
    for word in ("complaint.yaml:", *words):
        assert word in done.text
    assert "Traceback" not in done.text


def test_a_contract_in_another_encoding_says_so(tmp_path: Path) -> None:
    file = tmp_path / "complaint.yaml"
    file.write_bytes((CONTRACTS / "complaint.yaml").read_text(encoding="utf-8").encode("gb18030"))
    done = call("contract", "lint", "--lang", "en", file)
    assert done.exit_code == REFUSED, done.text
    assert "complaint.yaml:1:" in done.text
    assert "not UTF-8" in done.text


def test_the_contracts_that_are_shipped_are_clean() -> None:
    done = call("contract", "lint", "--lang", "en")
    assert done.exit_code == FINISHED, done.text


def test_an_unknown_contract_lists_the_known_ones() -> None:
    done = call("contract", "show", "complaints", "--lang", "en")
    assert done.exit_code == TERMINAL
    assert "complaints" in done.errors
    assert "sampling_inspection" in done.errors


@pytest.mark.parametrize("kind", SOURCE_FAULTS)
def test_a_wrong_declaration_is_named_by_file_and_line(tmp_path: Path, kind: str) -> None:
    old, new, word = SOURCE_FAULTS[kind]
    folder = tmp_path / "sources"
    folder.mkdir()
    file = folder / "consumer_platform.yaml"
    file.write_text(changed(SOURCE, old, new), encoding="utf-8")
    done = call("source", "lint", "--lang", "en", "--sources", folder)
    assert done.exit_code in (REFUSED, TERMINAL), done.text
    for words in (str(file), "line", word):
        assert words in done.text
    assert "Traceback" not in done.text


def test_a_wrong_declaration_stops_ingest_before_anything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "consumer_platform.yaml").write_text(changed(SOURCE, "mode: increment", "mode: all"), encoding="utf-8")
    (tmp_path / "drop").mkdir()
    lake = tmp_path / "lake"
    done = call("ingest", "--lang", "en", "--sources", folder, "--drop", tmp_path / "drop", "--lake", lake)
    assert done.exit_code == TERMINAL, done.text
    assert "line 7" in done.errors
    assert not (lake / "bronze").exists()


def test_pins_that_do_not_fit_name_the_declaration(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    pinned = SOURCE + "    header: {pins: {编号: complaint_nubmer}}\n"
    (folder / "consumer_platform.yaml").write_text(pinned, encoding="utf-8")
    feed = tmp_path / "drop" / "consumer_platform" / "complaint"
    feed.mkdir(parents=True)
    (feed / "a.csv").write_text("编号,登记时间\n1,2026-11-11 10:05:00\n", encoding="utf-8")
    lake = tmp_path / "lake"
    done = call("ingest", "--lang", "en", "--sources", folder, "--drop", tmp_path / "drop", "--lake", lake)
    assert done.exit_code in (REFUSED, TERMINAL), done.text
    assert "complaint_nubmer" in done.text
    assert "complaint_number" in done.text


@pytest.mark.parametrize("kind", SETTING_FAULTS)
def test_a_wrong_setting_says_where_it_was_looked_for(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables, exit_code, words = SETTING_FAULTS[kind]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "drop").mkdir()
    done = call("ingest", "--drop", tmp_path / "drop")
    assert done.exit_code == exit_code, done.text
    for word in words:
        assert word in done.errors
    assert "Traceback" not in done.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("lake_url = 's3://a\n", ("creditlake.toml",)),
        ("lake_ulr = 'lake'\n", ("lake_ulr", "lake_url")),
        ("threads = 'many'\n", ("threads", "many")),
        ("sources = 3\n", ("sources",)),
    ],
)
def test_a_wrong_settings_file_is_named(tmp_path: Path, content: str, words: tuple[str, ...]) -> None:
    (tmp_path / "creditlake.toml").write_text(content, encoding="utf-8")
    done = call("status", "--lang", "en")
    assert done.exit_code in (USAGE, TERMINAL), done.text
    for word in words:
        assert word in done.errors


@pytest.mark.parametrize("kind", WRONG_COMMANDS)
def test_a_wrong_command_says_what_there_is(kind: str) -> None:
    arguments, words = WRONG_COMMANDS[kind]
    done = call(*arguments)
    assert done.exit_code == USAGE, done.text
    for word in words:
        assert word in done.errors


def test_an_empty_drop_is_not_the_current_folder(tmp_path: Path) -> None:
    done = call("ingest", "--lang", "en", "--drop", "", "--lake", tmp_path / "lake")
    assert done.exit_code == TERMINAL, done.text
    assert 'no folder ""' in done.errors


@pytest.mark.parametrize("step", ["build", "check", "publish"])
def test_a_lake_without_data_names_the_command_that_fills_it(tmp_path: Path, step: str) -> None:
    done = call(step, "--lang", "en", "--lake", tmp_path / "nothing")
    assert done.exit_code == TERMINAL, done.text
    for words in (str(tmp_path / "nothing"), "creditlake ingest --drop"):
        assert words in done.errors


def test_a_template_that_cannot_be_written_names_the_path(tmp_path: Path) -> None:
    done = call("contract", "template", "complaint", "--lang", "en", "--out", tmp_path / "nothing" / "a.xlsx")
    assert done.exit_code == TERMINAL, done.text
    assert str(tmp_path / "nothing" / "a.xlsx") in done.errors


def test_a_process_of_its_own_answers_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITLAKE_THREADS", "many")
    here, outside = call("status"), call_outside("status")
    assert (outside.exit_code, outside.errors) == (here.exit_code, here.errors)
