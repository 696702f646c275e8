"""Documents are records: each one row with its digest, its text where it has one, and the number that is its own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from connectors.readers import ReaderHints, open_tables
from connectors.readers.documents import HEADER, number_in
from example_region.systems.documents import PNG, archive, docx, pdf
from lake.errors import TerminalError
from tests.system.bad_files import compound_file

DECISION = "示例市市场监督管理局\n行政处罚决定书\n示市监罚〔2026〕18号\n当事人：示例市晨光食品有限公司\n依据示市监罚〔2020〕1号"
HINTS = ReaderHints(known_headers=set(HEADER))


def rows(folder: Path, name: str, data: bytes, hints: ReaderHints = HINTS) -> list[dict[str, str | None]]:
    file = folder / "delivered"
    file.write_bytes(data)
    return [
        dict(zip(table.header, (column[0].as_py() for column in batch.columns.columns), strict=True))
        for table in open_tables(file, name, hints)
        for batch in table.batches()
    ]


def test_a_pdf_gives_its_text_pages_and_number(tmp_path: Path) -> None:
    data = pdf(DECISION, "第二页")
    assert rows(tmp_path, "in/a.pdf", data) == [
        {
            "文件名": "a.pdf",
            "文件摘要": hashlib.sha256(data).hexdigest(),
            "文件格式": "PDF",
            "文件大小": str(len(data)),
            "页数": "2",
            "文号": "示市监罚〔2026〕18号",
            "正文来源": "文本层",
            "读取说明": "完整",
            "正文": DECISION + "\n第二页",
        }
    ]


def test_a_word_document_gives_its_paragraphs(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "决定书.docx", docx("行政处罚决定书", "文号：示市监罚〔2026〕19号", "罚款"))
    assert (row["文件格式"], row["文号"], row["正文"]) == (
        "DOCX", "示市监罚〔2026〕19号", "行政处罚决定书\n文号：示市监罚〔2026〕19号\n罚款",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "file_format", "note"),
    [
        ("网页截图.png", PNG, "PNG", "无正文"),
        ("现场.jpg", b"\xff\xd8\xff\xe0" + bytes(40), "JPEG", "无正文"),
        ("扫描.tif", b"II*\x00" + bytes(40), "TIFF", "无正文"),
        ("扫描.pdf", pdf(""), "PDF", "无正文"),
        ("半个.pdf", pdf(DECISION)[:300], "PDF", "无法读取"),
        ("空壳.docx", archive({"[Content_Types].xml": b"<Types/>"}), "DOCX", "无法读取"),
        ("决定书.doc", compound_file("WordDocument"), "DOC", "无法读取"),
        ("决定书.ofd", archive({"OFD.xml": b"<OFD/>"}), "OFD", "无法读取"),
        ("锁.docx", compound_file("EncryptedPackage"), "DOCX", "有密码"),
        ("图.gif", b"GIF89a" + bytes(40), "GIF", "无正文"),
        ("图.bmp", b"BM" + bytes([70, 0, 0, 0]) + bytes(60), "BMP", "无正文"),
        ("半个.docx", archive({"[Content_Types].xml": b"", "word/document.xml": b"<w:document><w:p>"}), "DOCX", "无法读取"),
        ("断.docx", docx(DECISION)[:200], "DOCX", "无法读取"),
        ("炸弹.docx", docx("甲", before='<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "DOCX", "无法读取"),
    ],
)  # fmt: skip
def test_what_has_no_text_is_a_record_all_the_same(
    name: str, data: bytes, file_format: str, note: str, tmp_path: Path
) -> None:
    (row,) = rows(tmp_path, name, data)
    assert (row["文件格式"], row["读取说明"], row["正文"], row["正文来源"]) == (file_format, note, None, "无")
    assert row["文件摘要"] == hashlib.sha256(data).hexdigest()


def test_an_archive_gives_a_row_for_each_document(tmp_path: Path) -> None:
    packed = archive({"证据/截图.png": PNG, "文书/示市监罚〔2026〕20号.pdf": pdf("正文")})
    found = rows(tmp_path, "卷宗.zip", packed)
    assert [(row["文件名"], row["文号"]) for row in found] == [
        ("截图.png", None), ("示市监罚〔2026〕20号.pdf", "示市监罚〔2026〕20号"),
    ]  # fmt: skip


def test_a_record_type_that_knows_no_documents_refuses_them_as_before(tmp_path: Path) -> None:
    with pytest.raises(TerminalError) as caught:
        rows(tmp_path, "a.pdf", pdf("甲"), ReaderHints())
    assert caught.value.code == "readers.unsupported_content"


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("示市监罚〔2026〕18号.pdf", "", "示市监罚〔2026〕18号"),
        ("行政处罚决定书示市监罚[2026]18号（盖章）.pdf", "", "示市监罚[2026]18号"),
        ("（2026）示9901执18号.pdf", "", "（2026）示9901执18号"),
        ("扫描件001.pdf", "决定书\n示 市 监 罚〔2026〕 第 18 号\n", "示市监罚〔2026〕第18号"),
        ("扫描件001.pdf", "我局于2026年作出示市监罚〔2026〕18号行政处罚决定", None),
        ("2026年18号.pdf", "", None),
    ],
)
def test_only_the_number_of_the_document_itself_counts(name: str, text: str, number: str | None) -> None:
    assert number_in(name, text) == number
