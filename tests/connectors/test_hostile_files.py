"""Files made to take the machine, through the whole ingest: each ends in a right result or one clear error, memory bounded.

What a bomb is to each reader is tested with small limits in ``test_readers_*``; here are the real limits and sizes.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from tests.connectors.test_ingest import HEADER, line

pytestmark = pytest.mark.full

MEBIBYTE = 1 << 20
Fate = list[object]
"""Status, reason and rows accepted."""
PEAK_MEBIBYTES = 1200
DECLARATION = """
id: bureau
name: 示例局
department: 示例市市场监督管理局
owner: {name: 示例}
feeds:
  - contract: administrative_penalty
    mode: increment
    bounds: {minimum: 0, maximum: 100, period: month}
"""
# The ingest in a process of its own, so that its peak of memory is its own too.
PROGRAM = """
import json, re, sys
from pathlib import Path
from connectors.ingest import ingest
from lake.settings import load_settings
from lake.storage import open_storage
folder = Path(sys.argv[1])
settings = load_settings(lake_url=str(folder / "lake"), work_dir=folder / "work", sources=[folder / "sources"], threads=2)
result = ingest(settings, open_storage(settings), drop=str(folder / "drop"), run_id="test")
# ru_maxrss would begin with the peak of the process that started this one.
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
files = {Path(one.path).name: [one.status, one.reason_code, one.rows_accepted] for one in result.deliveries}
print(json.dumps({"peak": peak, "files": files, "not_taken": [one.code for one in result.not_taken]}))
"""


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def _workbook(old: bytes, new: bytes, number: int = 3) -> bytes:
    """A spreadsheet of one row, in whose sheet ``old`` was replaced by ``new`` once."""
    made, changed = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(","))
        sheet.write_row(1, 0, line(number).split(","))
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            content = source.read(part)
            is_sheet = part == "xl/worksheets/sheet1.xml"
            target.writestr(part, content.replace(old, new, 1) if is_sheet else content)
    return changed.getvalue()


ENTITIES = '<!DOCTYPE a [<!ENTITY e0 "ha">' + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
REFUSED_BOMB: Fate = ["refused", "readers.expands_too_far", 0]
REFUSED_ENTITIES: Fate = ["refused", "readers.document_type", 0]
REFUSED_LINE: Fate = ["refused", "readers.line_too_long", 0]
REFUSED_RECORD: Fate = ["refused", "readers.xml_record_too_large", 0]


def _hostile() -> Iterator[tuple[str, bytes, Fate]]:
    """Name, content and fate of each file; bombs are a little above the size from which the ratio counts."""
    blanks, long = b" " * (66 * MEBIBYTE), b"x" * (20 * MEBIBYTE)
    empty_rows = b"".join(b'<row r="%d"/>' % number for number in range(3, 1_048_577))
    yield "good.csv", "\n".join([HEADER, line(1), line(2)]).encode(), ["accepted", None, 2]
    yield "bomb.zip", _zip("a.csv", blanks), REFUSED_BOMB
    yield "bomb.csv.gz", gzip.compress(b",\n" * (33 * MEBIBYTE), 6), REFUSED_BOMB
    yield "bomb.xml.gz", gzip.compress(b"<a><b>" + blanks, 6), REFUSED_BOMB
    yield "bomb.xlsx", _workbook(b"</worksheet>", blanks + b"</worksheet>"), REFUSED_BOMB
    yield "entities.xml", f"<?xml version='1.0'?>{ENTITIES}]><a><b>&e9;</b></a>".encode(), REFUSED_ENTITIES
    yield "outside.xml", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///x">]><a><b>&x;</b></a>', REFUSED_ENTITIES
    yield "entities.xlsx", _workbook(b"<worksheet", ENTITIES.encode() + b"]><worksheet"), ["accepted", None, 1]
    yield "million_rows.xlsx", _workbook(b"</sheetData>", empty_rows + b"</sheetData>", 4), ["accepted", None, 1]
    yield "line.jsonl", b'{"a": "' + long, REFUSED_LINE
    yield "line.json", b'[{"a": "' + long, REFUSED_LINE
    yield "line.xml", b"<a><b>" + long + b"</b></a>", REFUSED_RECORD
    yield "tag.xml", b"<a><" + long, REFUSED_RECORD


def test_hostile_files_end_in_one_clear_error_and_keep_no_other_out(tmp_path: Path) -> None:
    drop = tmp_path / "drop" / "bureau" / "administrative_penalty"
    drop.mkdir(parents=True)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "bureau.yaml").write_text(DECLARATION, encoding="utf-8")
    expected: dict[str, Fate] = {"two_gigabytes.csv": REFUSED_LINE}
    for name, content, fate in _hostile():
        (drop / name).write_bytes(content)
        expected[name] = fate
    with (drop / "two_gigabytes.csv").open("wb") as file:
        file.write(b"x" * (20 * MEBIBYTE))
        file.truncate(2 << 30)
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["files"] == expected
    assert found["not_taken"] == []
    assert found["peak"] < PEAK_MEBIBYTES
