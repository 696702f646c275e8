"""Contracts: read, linted with line and remedy, and everything derived from them equal to what is committed."""

from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
import yaml

from connectors.checks import match_header
from connectors.contract import CONTRACTS, arrow_schema, load_contract, load_contracts
from connectors.contract.generate import ROOT, files
from connectors.contract.lint import check
from connectors.contract.template import FilledRow, template
from lake.errors import TerminalError
from lake.messages import catalogue

CONTRACT_IDS = sorted(load_contracts())


def test_the_contracts_whose_columns_rules_read_have_models_of_their_own():
    assert sorted(contract.id for contract in load_contracts().values() if contract.has_own_staging) == [
        "administrative_licence",
        "administrative_penalty",
        "complaint",
        "enterprise_registration",
        "link_decision",
        "list_entry",
        "registration_change",
        "sampling_inspection",
    ]


@pytest.mark.parametrize("contract_id", CONTRACT_IDS)
def test_a_shipped_contract_has_no_problems(contract_id):
    assert [problem.localised("en") for problem in check(CONTRACTS / f"{contract_id}.yaml")] == []


def test_amounts_are_exact_decimals_and_dates_have_no_time():
    schema = arrow_schema(load_contract("administrative_penalty"))
    assert schema.field("fine_amount_yuan").type == pa.decimal128(20, 2)
    assert schema.field("decision_date").type == pa.date32()
    assert schema.field("source_updated_at").type == pa.timestamp("us", tz="UTC")


def test_persons_are_never_public():
    personal = {
        (contract.id, column.name)
        for contract in load_contracts().values()
        for column in contract.columns
        if column.sensitivity == "personal"
    }
    for column in ("complainant_name", "complainant_phone", "complainant_address"):
        assert ("complaint", column) in personal
    assert ("administrative_penalty", "counterpart_document_number") in personal
    assert ("list_entry", "document_number") in personal


@pytest.mark.parametrize("path", sorted(files()), ids=str)
def test_a_generated_file_is_what_the_contracts_say(path):
    assert (ROOT / path).read_text(encoding="utf-8") == files()[path], "run python -m connectors.contract.generate"


@pytest.mark.parametrize("contract_id", CONTRACT_IDS)
def test_what_a_department_fills_into_the_template_is_read_by_the_contract(contract_id, tmp_path):
    contract = load_contract(contract_id)
    template(contract, tmp_path / "template.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "template.xlsx")
    sheet = workbook.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    match = match_header(contract, header)
    assert list(match.columns) == list(contract.column_names)
    assert match.unknown == ()
    assert all(cell.comment is not None for cell in sheet[1])
    lists = [column for column in contract.columns if column.values]
    assert len(sheet.data_validations.dataValidation) == len(lists)


def test_what_a_template_is_filled_with_is_not_cut(tmp_path):
    name, candidates = (
        "示例市第一建筑安装工程有限责任公司东区分公司",
        "代码一致，名称不同\n1. 示例市晨光食品有限公司（91990101FX00000A1C）把握 0.5",
    )
    template(
        load_contract("link_decision"), tmp_path / "t.xlsx", [FilledRow({"subject_name": name, "evidence": candidates})]
    )
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    widths = {cell.value: sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]}
    assert widths["主体名称"] > 2 * len(name)
    assert sheet.row_dimensions[2].height >= 2 * 15


def test_the_template_says_in_which_unit_a_bare_amount_is_read(tmp_path):
    template(load_contract("administrative_penalty"), tmp_path / "template.xlsx")
    header = [cell.value for cell in openpyxl.load_workbook(tmp_path / "template.xlsx").worksheets[0][1]]
    assert "罚款金额（万元）" in header


def _broken(tmp_path: Path, change) -> list[str]:
    document = yaml.safe_load((CONTRACTS / "registration_change.yaml").read_text(encoding="utf-8"))
    change(document)
    path = tmp_path / "registration_change.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return [problem.localised("en") for problem in check(path)]


def _setting(document, name):
    return next(entry for entry in document["customProperties"] if entry["property"] == name)


def _column(document, position=0):
    return document["schema"][0]["properties"][position]


def _of_column(document, name, position=0):
    return next(entry for entry in _column(document, position)["customProperties"] if entry["property"] == name)


KINDS_OF_MISTAKE = {
    "an id that is not the file's name": (lambda d: d.update(id="changes"), "Set id to registration_change"),
    "a key the standard does not know": (lambda d: d.update(colour="red"), "breaks ODCS v3"),
    "a kind that does not exist": (lambda d: _of_column(d, "kind").update(value="nane"), "kind is nane"),
    "a sensitivity that does not exist": (lambda d: _column(d).update(classification="secret"), "is secret"),
    "a column twice": (lambda d: d["schema"][0]["properties"].append(_column(d)), "is defined twice"),
    "a header of two columns": (
        lambda d: _column(d, 1).setdefault("synonyms", []).append({"synonym": "企 业名称"}),
        "belongs to column uscc and to column enterprise_name",
    ),
    "an unknown layout": (
        lambda d: _column(d)["customProperties"].append({"property": "requiredIn", "value": ["paper"]}),
        "names the layout paper",
    ),
    "a key on an unknown column": (
        lambda d: _setting(d, "businessKey").update(value=["code"]),
        "names the column code",
    ),
    "bounds upside down": (
        lambda d: _setting(d, "defaultBounds").update(value={"period": "month", "minimum": 9, "maximum": 1}),
        "defaultBounds needs",
    ),
    "a setting left out": (lambda d: d["customProperties"].remove(_setting(d, "owner")), "owner is missing"),
    "a column without description": (lambda d: _column(d).pop("description"), "lacks description"),
    "a spelling that YAML reads as yes or no": (
        lambda d: _column(d).update(
            enum=[{"value": "是", "label": "yes", "customProperties": [{"property": "accepted", "value": [True]}]}]
        ),
        "accepted is True",
    ),
    "no columns": (lambda d: d["schema"][0].update(properties=[]), "at least one column"),
}


@pytest.mark.parametrize("mistake", KINDS_OF_MISTAKE)
def test_lint_names_the_mistake_its_line_and_the_remedy(mistake, tmp_path):
    change, said = KINDS_OF_MISTAKE[mistake]
    problems = _broken(tmp_path, change)
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("registration_change.yaml:") for problem in problems)


def test_text_that_is_no_yaml_is_named_with_its_line(tmp_path):
    path = tmp_path / "registration_change.yaml"
    path.write_text("kind: DataContract\nid: [a\nname: b: c\n", encoding="utf-8")
    assert check(path)[0].localised("en").startswith("registration_change.yaml:3: not readable as YAML")


def test_a_broken_contract_is_not_loaded(tmp_path):
    (tmp_path / "complaint.yaml").write_text("kind: DataContract\n", encoding="utf-8")
    with pytest.raises(TerminalError) as refused:
        load_contract("complaint", tmp_path)
    assert "complaint.yaml" in refused.value.localised("en")


def test_an_unknown_contract_names_the_known_ones():
    with pytest.raises(TerminalError) as refused:
        load_contract("penalty")
    assert "administrative_penalty" in refused.value.localised("en")


def test_every_note_and_reason_has_its_sentence():
    sentences = catalogue("zh")
    for code in ("value_missing", "too_long", "shifted_columns", "replacement_characters", "date_impossible"):
        assert f"checks.{code}" in sentences
    for code in ("sentinel", "long_term", "masked", "check_character_wrong", "unit_assumed", "month_precision"):
        assert f"checks.note_{code}" in sentences
