"""XML envelopes: the records found in them, every cell kept, and documents made to harm refused in bounded memory."""

from __future__ import annotations

import gzip
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from connectors.readers import ReaderHints, ReaderLimits
from tests.connectors.reading_files import layout_of, refusal, rows_of, tables_of

KNOWN = ReaderHints(known_headers=frozenset(["CF_XDR_MC", "CF_WSH", "CF_JDRQ", "XK_XDR_MC", "XK_WSH"]))
HEAD = "<Header><sender>海关</sender><sn>12</sn></Header>"


def penalty(number: int, name: str = "示例市晨光商贸有限公司") -> str:
    return f"<CF><CF_XDR_MC>{name}</CF_XDR_MC><CF_WSH>示关罚〔2026〕{number}号</CF_WSH></CF>"


def message(body: str, declaration: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f'{declaration}<m:ExchangeMessage xmlns:m="urn:x">{HEAD}<Body>{body}</Body></m:ExchangeMessage>'


def put(folder: Path, text: str | bytes, name: str = "a.xml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "utf-16"])
def test_records_are_found_in_their_envelope_whatever_the_encoding(tmp_path: Path, encoding: str) -> None:
    text = message(penalty(1) + penalty(2), f'<?xml version="1.0" encoding="{encoding}"?>\n')
    (table,) = tables_of(put(tmp_path, text.encode(encoding)), hints=KNOWN)
    assert table.header == ("CF_XDR_MC", "CF_WSH")
    assert [cells[1] for _, cells in rows_of(table)] == ["示关罚〔2026〕1号", "示关罚〔2026〕2号"]
    assert [row for row, _ in rows_of(table)] == [1, 2]
    assert (table.facts.format, table.facts.sheet) == ("xml", "CF")


@pytest.mark.parametrize(("said", "written"), [("GB2312", "utf-8"), ("UTF-8", "gb18030"), ("", "gb18030")])
def test_a_wrong_declaration_of_the_encoding_does_not_make_other_characters(
    tmp_path: Path, said: str, written: str
) -> None:
    # Names of an even number of characters: in UTF-8 they are valid GB18030, too.
    names = ["示例市晨光商贸有限公司甲", "示例商贸公司"]
    declaration = f'<?xml version="1.0" encoding="{said}"?>' if said else ""
    rows = "".join(f"<CF><CF_XDR_MC>{name}</CF_XDR_MC><CF_WSH>A1</CF_WSH></CF>" for name in names)
    (table,) = tables_of(put(tmp_path, f"{declaration}<m><Body>{rows}</Body></m>".encode(written)), hints=KNOWN)
    assert [cells[0] for _, cells in rows_of(table)] == names
    assert table.facts.encoding == written


def test_a_message_of_one_record_whose_fields_stand_in_the_body(tmp_path: Path) -> None:
    text = message("<CF_XDR_MC>甲</CF_XDR_MC><CF_WSH>1号</CF_WSH><CF_JDRQ/>")
    (table,) = tables_of(put(tmp_path, text), hints=KNOWN)
    assert rows_of(table) == [(1, ["甲", "1号", None])]


def test_record_types_side_by_side_are_tables_of_their_own(tmp_path: Path) -> None:
    licence = "<XK><XK_XDR_MC>乙</XK_XDR_MC><XK_WSH>许1号</XK_WSH></XK>"
    text = message(f"<L>{licence}</L><P>{penalty(1)}{penalty(2)}</P>")
    tables = tables_of(put(tmp_path, text), hints=KNOWN)
    assert [(table.facts.sheet, len(rows_of(table))) for table in tables] == [("XK", 1), ("CF", 2)]


def test_attributes_lists_nested_and_stray_text_are_kept(tmp_path: Path) -> None:
    rows = (
        '<r CF_WSH="1号"><CF_XDR_MC lang="zh">甲&amp;乙</CF_XDR_MC><part><a>1</a></part><x>1</x><x>2</x></r>'
        "<r>只有文字</r><r><CF_XDR_MC><![CDATA[丙<丁]]></CF_XDR_MC></r>"
    )
    (table,) = tables_of(put(tmp_path, message(rows)), hints=KNOWN)
    found = [dict(zip(table.header, cells, strict=True)) for _, cells in rows_of(table)]
    assert found[0] == {
        "CF_WSH": "1号", "CF_XDR_MC": "甲&乙", "CF_XDR_MC@lang": "zh", "part": '{"a":"1"}', "x": '["1","2"]', "#text": None,
    }  # fmt: skip
    assert found[1]["#text"] == "只有文字"
    assert found[2]["CF_XDR_MC"] == "丙<丁"


def test_empty_records_are_counted_as_layout(tmp_path: Path) -> None:
    (table,) = tables_of(put(tmp_path, message(penalty(1) + "<CF/>" + penalty(2))), hints=KNOWN)
    assert [row for row, _ in rows_of(table)] == [1, 3]
    assert layout_of(table) == {"empty": 1}


def test_packed_envelopes_are_read(tmp_path: Path) -> None:
    content = message(penalty(1)).encode()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("一.xml", content)
    put(tmp_path, gzip.compress(content), "b.xml.gz")
    for name in ("a.zip", "b.xml.gz"):
        (table,) = tables_of(tmp_path / name, hints=KNOWN)
        assert len(rows_of(table)) == 1


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
REFUSED = {
    "damaged_xml": [
        message(penalty(1))[:-30],
        "<a><b>1</c></a>",
        message(penalty(1)).encode() + b"<CF/>",
        message(penalty(1)).encode().replace("晨光".encode(), b"\xff\xfe"),
        "<a>" * 101 + "</a>" * 101,
        "<a>" + "".join(f"<n{number}>1</n{number}>" for number in range(10_001)) + "</a>",
    ],
    "document_type": [
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha">{ENTITIES}]><a><b>&e9;</b></a>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>',
        '<!DOCTYPE a SYSTEM "http://example/a.dtd"><a><b>1</b></a>',
    ],
    "encoding_unknown": ['<?xml version="1.0" encoding="klingon"?><a><b>1</b></a>'],
    "empty_file": ["<a/>", '<?xml version="1.0"?><a></a>'],
    "content_is_not_suffix": ["%PDF-1.7"],
}


@pytest.mark.parametrize(
    ("code", "content"),
    [
        pytest.param(code, content, id=f"{code}-{number}")
        for code, contents in REFUSED.items()
        for number, content in enumerate(contents)
    ],
)
def test_what_is_broken_or_made_to_harm_is_one_clear_error(tmp_path: Path, code: str, content: str | bytes) -> None:
    assert refusal(put(tmp_path, content), hints=KNOWN).code == f"readers.{code}"


ENDLESS = {
    "text": ("<a><b>", "x" * 64, "</b></a>"),
    "tag": ("<a><", "x" * 64, "/></a>"),
    "attribute": ("<a><b c='", "x" * 64, "'/></a>"),
    "comment": ("<a><!--", "x" * 64, "--><b>1</b></a>"),
    "elements": ("<a><r>", "<b/>" * 16, "<c>1</c></r></a>"),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_one_endless_record_is_refused_in_bounded_memory(tmp_path: Path, kind: str) -> None:
    """A thousandth of the real sizes: 16 kB take the place of the 16 MB that one record may hold, 2 MB that of 2 GB."""
    begin, middle, end = ENDLESS[kind]
    path = put(tmp_path, begin + middle * (1 << 15) + end)
    hints = ReaderHints(frozenset(["c", "b"]), limits=ReaderLimits(line_bytes=16 << 10))
    tracemalloc.start()
    try:
        assert refusal(path, hints=hints).code == "readers.xml_record_too_large"
        assert tracemalloc.get_traced_memory()[1] < 6 << 20  # bytes
    finally:
        tracemalloc.stop()


def test_many_records_are_read_in_bounded_memory(tmp_path: Path) -> None:
    path = put(tmp_path, message("".join(map(penalty, range(20_000)))))
    hints = ReaderHints(KNOWN.known_headers, limits=ReaderLimits(batch_rows=500))
    tracemalloc.start()
    try:
        (table,) = tables_of(path, hints=hints)
        assert sum(batch.columns.num_rows for batch in table.batches()) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 8 << 20  # bytes
    finally:
        tracemalloc.stop()
