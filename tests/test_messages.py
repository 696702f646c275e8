"""The catalogue: both languages say the same things, and every code in the source is in it."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lake.messages import LANGUAGES, catalogue, current_language, set_language, text

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "connectors", "creditlake", "example_region", "expectations", "flows",
    "lake", "linkage", "publication", "transforms",
)  # fmt: skip
CODE = re.compile(r"[a-z_]+\.[a-z][a-z0-9_]*")
ROOMS = {path.stem for path in (ROOT / "lake" / "messages" / "zh").glob("*.yaml")}
TAKES_A_CODE = {
    "text", "say", "warn", "start", "show_table", "TerminalError", "TransientError", "ReleaseBlockedError",
    "SystemAwayError", "SystemRefusedError", "NotTakenError",
}  # fmt: skip


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def literal_codes(path: Path) -> Iterator[tuple[int, str]]:
    """Codes written out as the first argument of a call that takes one; codes put together at run time are not seen."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = node.args[0]
        if name in TAKES_A_CODE and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield node.lineno, first.value


def test_both_languages_have_the_same_messages() -> None:
    assert set(catalogue("zh")) == set(catalogue("en"))


@pytest.mark.parametrize("code", sorted(catalogue("zh")))
def test_both_languages_have_the_same_placeholders(code: str) -> None:
    assert placeholders(catalogue("zh")[code]) == placeholders(catalogue("en")[code])


def test_no_key_is_written_twice() -> None:
    for language in LANGUAGES:
        for path in (ROOT / "lake" / "messages" / language).glob("*.yaml"):
            keys = re.findall(r"^([A-Za-z0-9_]+):", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert sorted(keys) == sorted(set(keys)), path.name
            assert set(keys) == set(yaml.safe_load(path.read_text(encoding="utf-8"))), path.name


def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    known = catalogue("zh")
    missing = [
        f"{path.relative_to(ROOT)}:{line} {code}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for line, code in literal_codes(path)
        if CODE.fullmatch(code) and code.split(".")[0] in ROOMS and code not in known
    ]
    assert missing == []


def test_chinese_text_is_chinese_and_english_text_is_not() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    codes = [code for code in catalogue("en") if code.startswith(("cli.", "flows."))]
    assert [code for code in codes if chinese.search(catalogue("en")[code])] == []


def test_language_is_chosen_and_a_wrong_one_is_refused() -> None:
    before = current_language()
    try:
        set_language("en")
        assert text("cli.answer_yes") == "yes"
        assert text("cli.answer_yes", "zh") == "是"
        with pytest.raises(ValueError, match="fr"):
            set_language("fr")
    finally:
        set_language(before)
