"""A source declaration is read whole, or refused with file, line and remedy."""

from pathlib import Path

import pytest

from connectors.source import load_source, load_sources
from lake.errors import TerminalError

GOOD = """\
id: harbour_customs
name: 临江海关
department: 海关
owner: {name: 数据科}
feeds:
  - contract: administrative_penalty
    mode: increment
    cadence: monthly
    bounds: {minimum: 80, maximum: 200, period: month}
"""


def written(folder: Path, text: str, name: str = "harbour_customs") -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_good_declaration_is_read(tmp_path: Path) -> None:
    source = load_source(written(tmp_path, GOOD), ["administrative_penalty"])
    assert source.feeds[0].bounds.minimum == 80
    assert source.feed("complaint") is None


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("mode: increment", "mode: incremental", 7, "incremental"),
        ("    mode: increment\n", "", 6, "mode"),
        ("cadence:", "cadense:", 8, "cadence"),
        ("minimum: 80", "minimum: 800", 9, "800"),
        ("minimum: 80", "minimum: -1", 9, "-1"),
        ("contract: administrative_penalty", "contract: administrative_penalties", 6, "administrative_penalty"),
        ("    bounds: {minimum: 80, maximum: 200, period: month}\n", "", 6, "bounds"),
        ("id: harbour_customs", "id: other", 1, "other"),
        ("name: 临江海关", "name: 临江海关\nname: 海关", 3, "name"),
        ("owner: {name: 数据科}", "owner: {name: 数据科", 5, ":"),
    ],
)
def test_wrong_declaration_names_line_and_word(tmp_path: Path, old: str, new: str, line: int, word: str) -> None:
    file = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(TerminalError) as caught:
        load_source(file, ["administrative_penalty"])
    message = caught.value.localised("en")
    assert str(file) in message
    assert f"line {line}" in message
    assert word in message


def test_system_declared_twice_names_both_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = written(tmp_path / "a", GOOD), written(tmp_path / "b", GOOD)
    with pytest.raises(TerminalError) as caught:
        load_sources([tmp_path / "a", tmp_path / "b"], ["administrative_penalty"])
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)


def test_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(TerminalError) as caught:
        load_sources([tmp_path / "nowhere"], [])
    assert "nowhere" in str(caught.value)
