"""Setting a report: PDF by Typst, HTML by a template. The same content gives the same bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import typst

from lake.errors import TerminalError
from lake.settings import TIME_ZONE
from publication.report.model import Content

ROOM = Path(__file__).parent
CHINESE_FONTS = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Serif SC",
    "FangSong",
    "SimSun",
    "Songti SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
)
"""What is looked for when no font is set, best first."""


@cache
def _fonts(folders: tuple[str, ...]) -> typst.Fonts:
    return typst.Fonts(font_paths=list(folders))


def find_fonts(wanted: str | None, folders: tuple[Path, ...]) -> list[str]:
    """The families to set in; raises ``TerminalError`` when there is none with Chinese characters."""
    known = _fonts(tuple(str(folder) for folder in folders)).families()
    found = [name for name in ((wanted,) if wanted else CHINESE_FONTS) if name in known]
    if not found:
        raise TerminalError(
            "report.font",
            wanted=wanted or "、".join(CHINESE_FONTS),
            folders="、".join(str(folder) for folder in folders) or "-",
        )
    return found


def to_pdf(content: Content, fonts: list[str], folders: tuple[Path, ...]) -> bytes:
    """The report as PDF; its time is that of the release, so that it does not depend on when it was set."""
    document = {**content.model_dump(mode="json"), "number": content.number}
    source: Any = {  # the stub does not know of files given by name, the library does
        "main": (ROOM / "report.typ").read_bytes(),
        "report.json": json.dumps(document, ensure_ascii=False).encode(),
        "fonts.json": json.dumps(fonts).encode(),
    }
    released = datetime.strptime(content.released_at, "%Y-%m-%d %H:%M").replace(tzinfo=TIME_ZONE).astimezone(UTC)
    known = _fonts(tuple(str(folder) for folder in folders))
    return bytes(typst.compile(source, font_paths=known, format="pdf", timestamp=released))


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string((ROOM / "report.html.j2").read_text(encoding="utf-8"))


def to_html(content: Content) -> bytes:
    """The report as one HTML page without anything from outside."""
    return _template().render(report=content, number=content.number).encode()
