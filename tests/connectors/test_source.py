"""A source declaration is read whole, or refused with file, line and remedy."""

import re
from pathlib import Path

import pytest

from connectors.contract import load_contracts
from connectors.source import SHIPPED, load_source, load_sources
from connectors.transports.declaration import declared_variables
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
        ("minimum: 80", "largest_loss_percent: 20, minimum: 80", 9, "full_refresh"),
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


SERVICE = """\
id: harbour_customs
name: 临江海关
department: 海关
owner: {name: 数据科}
way_in:
  kind: http
  address: https://customs.example/api
  authentication: {kind: api_key, key_variable: CUSTOMS_KEY, header: X-Api-Key}
feeds:
  - contract: administrative_penalty
    mode: increment
    bounds: {minimum: 80, maximum: 200, period: month}
    request:
      records: data.list
      paging: {kind: page_number, size_parameter: size, size: 200}
      updated_since: {parameter: since, field: updateTime}
"""


def test_a_service_is_declared_without_its_credentials(tmp_path: Path) -> None:
    source = load_source(written(tmp_path, SERVICE), ["administrative_penalty"])
    assert declared_variables(source.way_in) == ["CUSTOMS_KEY"]


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("CUSTOMS_KEY", "a8f3-secret", 8, "a8f3-secret"),
        (", header: X-Api-Key", "", 8, "header"),
        ("  address: https://customs.example/api\n", "", 5, "address"),
        ("kind: http", "kind: htpp", 5, "htpp"),
        ("kind: page_number", "kind: page_numbers", 15, "page_numbers"),
        ("parameter: since", "parametre: since", 16, "parameter"),
        ("      updated_since: {parameter: since, field: updateTime}\n", "", 11, "updated_since"),
        ("    request:\n", "    reader: {encoding: gbk}\n    request:\n      answer: text\n", 15, "text"),
        ("kind: http\n  address: https://customs.example/api\n  authentication: {kind: api_key, key_variable: CUSTOMS_KEY, "
         "header: X-Api-Key}", "location: /drop", 11, "request"),
    ],
)  # fmt: skip
def test_a_wrong_service_names_line_and_word(tmp_path: Path, old: str, new: str, line: int, word: str) -> None:
    file = written(tmp_path, SERVICE.replace(old, new, 1))
    with pytest.raises(TerminalError) as caught:
        load_source(file, ["administrative_penalty"])
    message = caught.value.localised("en")
    assert f"line {line}" in message
    assert word in message


def test_the_declarations_in_the_documentation_are_right(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "ways-in.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n# sources/(\w+)\.yaml\n(.*?)```", text, flags=re.DOTALL)
    kinds = [load_source(written(tmp_path, block, name), load_contracts()).way_in.kind for name, block in blocks]
    assert kinds == ["http", "postgresql", "sftp"]


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


def test_what_ships_is_connected_by_setting_its_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = load_source(written(tmp_path, SERVICE), ["administrative_penalty"])
    monkeypatch.setattr("connectors.source.SHIPPED", tmp_path)
    shipped = load_source(written(tmp_path, SERVICE), ["administrative_penalty"])
    (feed,) = shipped.feeds
    assert [own.is_connected(feed, {}), shipped.is_connected(feed, {})] == [True, False]
    assert shipped.is_connected(feed, {"CUSTOMS_KEY": "k"})
    assert shipped.not_connected({}) == [feed]


def test_no_shipped_system_is_asked_unless_it_is_connected() -> None:
    for source in load_sources([SHIPPED], load_contracts()).values():
        assert [feed.contract for feed in source.feeds if source.is_connected(feed, {})] == [], source.id
