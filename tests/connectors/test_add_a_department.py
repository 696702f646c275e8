"""The page "Add a department in an hour", followed step by step; and what a draft must never do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from connectors.contract import load_contracts
from connectors.ingest import ingest
from connectors.propose import propose, rendered
from connectors.source import load_source
from lake.errors import TerminalError
from lake.ledger import deliveries
from lake.messages import set_language
from lake.settings import load_settings
from lake.storage import open_storage
from lake.tables import read

PAGE = (Path(__file__).parents[2] / "docs" / "add-a-department.md").read_text(encoding="utf-8")
CONTRACTS = load_contracts()


def block(kind: str) -> tuple[str, str]:
    """The page's first block of ``kind`` that names a file: the file and its content."""
    name, content = re.search(rf"```{kind}\n# (\S+)\n(.*?)```", PAGE, re.DOTALL).groups()
    return name, content


@pytest.fixture
def first_file(tmp_path: Path) -> Path:
    name, content = block("csv")
    file = tmp_path / "drop" / name
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")
    return file


def taken(tmp_path: Path, sources: Path) -> tuple[list, list[dict]]:
    settings = load_settings(lake_url=str(tmp_path / "lake"))
    storage = open_storage(settings)
    ingest(settings, storage, sources=[sources])
    return list(deliveries(storage)), read(storage, "bronze/administrative_penalty").to_pylist()


def test_the_page_is_what_happens(first_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, declaration = block("yaml")
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(declaration, encoding="utf-8")
    monkeypatch.setenv("HARBOUR_PENALTIES_DROP", str(first_file.parent))
    [delivery], rows = taken(tmp_path, tmp_path / "sources")
    assert (delivery.rows_read, delivery.rows_accepted, delivery.unknown_columns) == (4, 4, [])
    shown = [line for line in PAGE.splitlines() if line.startswith("| ")]
    columns = [cell.strip() for cell in shown[0].strip("|").split("|")]
    expected = [[cell.strip() for cell in line.strip("|").split("|")] for line in shown[1:]]
    found = sorted(rows, key=lambda row: row["decision_number"])
    assert [[str(row[column] or "") for column in columns] for row in found] == expected
    assert found[0]["legal_representative"] == "赵晨"
    assert "uscc:registration_number_given" in found[2]["notes"]


def test_the_draft_on_the_page_is_what_is_written_and_works_as_it_is(
    first_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_language("zh")
    draft = rendered(propose(first_file, CONTRACTS), "harbour_penalties")
    shown = re.search(r"```text\n(    # 以下.*?)```", PAGE, re.DOTALL).group(1)
    assert shown in draft
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "harbour_penalties.yaml").write_text(draft, encoding="utf-8")
    monkeypatch.setenv("HARBOUR_PENALTIES_DROP", str(first_file.parent))
    [delivery], rows = taken(tmp_path, tmp_path / "sources")
    assert delivery.rows_accepted == 4
    assert sorted(delivery.unknown_columns) == ["legal_per_ident", "lic_id", "pripid"]
    assert {row["counterpart_name"] for row in rows} > {"示例市晨光食品有限公司"}


def test_what_only_values_or_words_tell_is_pinned_and_personal_values_are_masked(tmp_path: Path) -> None:
    file = tmp_path / "table.jsonl"
    header = '["被处罚单位（人）", "备用", "作出处罚机关及时间", "处罚决定文书编号", "被罚人电话", "行政处罚的内容"]'
    row = '["示例市晨光公司", "91990101FX00000A1C", "示例市城管局 2026-02-03", "示城罚〔2026〕7号", "13800000000", "警告"]'
    file.write_text(f'{{"header": {header}, "rows": [{row}]}}\n', encoding="utf-8")
    text = rendered(propose(file, CONTRACTS), "city")
    assert yaml.safe_load(text)["feeds"][0]["header"]["pins"] == {
        "备用": "uscc", "被处罚单位（人）": "counterpart_name", "作出处罚机关及时间": ["authority_name", "decision_date"],
        "处罚决定文书编号": "decision_number", "行政处罚的内容": "penalty_content",
    }  # fmt: skip
    assert "13800000000" not in text and "1**********" in text
    (tmp_path / "city.yaml").write_text(text, encoding="utf-8")
    load_source(tmp_path / "city.yaml", CONTRACTS)


def test_a_table_of_no_known_record_type_is_refused_by_its_headers(tmp_path: Path) -> None:
    (tmp_path / "menu.csv").write_text("菜名,辣度\n豆腐,3\n", encoding="utf-8")
    with pytest.raises(TerminalError) as refused:
        propose(tmp_path / "menu.csv", CONTRACTS)
    assert refused.value.code == "propose.record_type_unknown"
    assert "辣度" in refused.value.localised("en")


def test_a_draft_never_takes_the_place_of_a_declaration(first_file: Path, tmp_path: Path) -> None:
    from creditlake.application import build

    arguments = ["source", "propose", str(first_file), "--id", "harbour", "--out", str(tmp_path)]
    (tmp_path / "harbour.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(TerminalError) as refused:
        build()(arguments, standalone_mode=False)
    assert refused.value.code == "propose.exists"
    assert (tmp_path / "harbour.yaml").read_text(encoding="utf-8") == "mine"


def test_two_facts_that_nobody_can_tell_apart_are_not_pinned_together(first_file: Path, tmp_path: Path) -> None:
    from connectors.checks import match_header

    with pytest.raises(TerminalError) as refused:
        match_header(CONTRACTS["administrative_penalty"], ["事由"], {"事由": ["violation_facts", "case_name"]})
    assert refused.value.code == "checks.pin_not_separable"
