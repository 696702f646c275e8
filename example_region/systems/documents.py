"""Documents of the example: a PDF with a text layer in Chinese, a Word file, a picture; and the zip that they come in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from example_region.rows import Rows

DAMAGED = "无法读取"
"""As reading note of a row: its file breaks off in the middle."""
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MADE = (2025, 12, 1, 0, 0, 0)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
"""A picture of one point."""


def pdf(*pages: str) -> bytes:
    """A PDF with these texts, a line for each line."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    font = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /GBK-EUC-H /DescendantFonts [<< /Type /Font"
        b" /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1)"
        b" /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 4 >> >>] >>"
    )
    objects.append(font)
    kids = []
    for text in pages:
        lines = [f"<{line.encode('gbk').hex()}> Tj 0 -20 Td" for line in text.splitlines()]
        content = ("BT /F1 12 Tf 72 760 Td " + " ".join(lines) + " ET").encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
            b" /Contents %d 0 R >>" % len(objects)
        )
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    out, offsets = io.BytesIO(b"%PDF-1.7\n"), []
    out.seek(0, io.SEEK_END)
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def docx(*paragraphs: str, before: str = "") -> bytes:
    """A Word document with these paragraphs; ``before`` stands before its first element."""
    body = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in paragraphs)
    document = f'{before}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": document.encode()})


def archive(members: dict[str, bytes]) -> bytes:
    """A zip with these members; the same members give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name, _MADE), data)
    return out.getvalue()


class Documents:
    """A zip of documents, one per row of the contract ``document``, each with the text and in the format that the row says."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)

    def write(self, rows: Rows) -> None:
        """Append a member per row."""
        wanted = ("file_name", "file_format", "document_text", "reading_note")
        for name, kind, text, note in zip(*(rows.columns[column].to_pylist() for column in wanted), strict=True):
            data = _file(kind, text)
            self._archive.writestr(zipfile.ZipInfo(name, _MADE), data[: len(data) // 2] if note == DAMAGED else data)

    def close(self) -> None:
        """Finish the file."""
        self._archive.close()


def _file(kind: str, text: str) -> bytes:
    if kind == "PDF":
        return pdf(text)
    return docx(*text.splitlines()) if kind == "DOCX" else PNG
