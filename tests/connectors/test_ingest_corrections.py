"""The round of a bad row: quarantine, workbook, mended by the department, back through the front door."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from connectors.contract import CONTRACTS, load_contract, load_contracts
from connectors.quarantine import export, open_feeds, open_rows, replay
from connectors.quarantine.workbook import write_workbook
from lake import tables
from lake.schema import bronze_table
from tests.connectors.test_ingest import CONTRACT, HEADER, Place, line


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.put("a.csv", [line(1), line(2, name=""), line(3, date="2025-13-45"), line(4, date="=1+1")])
    made.ingest()
    return made


def _export(place: Place, folder: Path) -> openpyxl.Workbook:
    written = export(place.lake, folder)
    assert [(one.system_id, one.rows_of) for one in written] == [("bureau", {CONTRACT: 3})]
    return openpyxl.load_workbook(written[0].file)


def test_the_workbook_shows_the_row_the_bad_cell_and_the_reason(place: Place, tmp_path: Path) -> None:
    sheet = _export(place, tmp_path / "out").worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    assert titles == [*HEADER.split(","), "退回原因", "更正编号（行政处罚信息）"]
    rows = {row[titles.index("行政处罚决定书文号")].value: row for row in sheet.iter_rows(min_row=2)}
    bad = rows["示市监罚〔2025〕3号"][titles.index("处罚决定日期")]
    assert bad.value == "2025-13-45"
    assert bad.comment is not None
    assert bad.fill.fgColor.rgb == "FFFFC7CE"
    code = rows["示市监罚〔2025〕3号"][titles.index("统一社会信用代码")]
    assert (code.value, code.number_format, code.comment) == ("91990101FX00000A1C", "@", None)
    formula = rows["示市监罚〔2025〕4号"][titles.index("处罚决定日期")]
    assert (formula.value, formula.data_type) == ("=1+1", "s")
    assert "2025-13-45" in str(rows["示市监罚〔2025〕3号"][titles.index("退回原因")].value)


def test_a_mended_workbook_comes_in_as_the_correction_of_its_rows(place: Place, tmp_path: Path) -> None:
    book = _export(place, tmp_path / "out")
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[titles.index("行政处罚决定书文号")].value == "示市监罚〔2025〕3号":
            row[titles.index("处罚决定日期")].value = "2025-12-05"
        elif not row[0].value:
            row[0].value = "示例市远山商贸有限公司"
    book.save(place.drop / "bureau" / CONTRACT / "mended.xlsx")
    one = place.ingest().deliveries[0]
    assert (one.mode, one.rows_accepted, one.rows_quarantined) == ("correction", 2, 1)
    corrected = {row["corrects"] for row in place.bronze() if row["corrects"]}
    assert len(corrected) == 2
    assert [(row.original["处罚决定日期"], row.path) for row in open_rows(place.lake)] == [
        ("=1+1", "bureau/administrative_penalty/mended.xlsx")
    ]


def _of_two_record_types(place: Place) -> openpyxl.Workbook:
    """The workbook of a department with one bad complaint beside its three bad penalties, all of it mended."""
    file = place.drop / "bureau" / "complaint" / "a.csv"
    file.parent.mkdir()
    file.write_text("登记编号,诉求类型,登记时间,被投诉方名称\nT1,投诉,昨天,示例市晨光商贸有限公司\n", encoding="utf-8")
    place.ingest()
    written = export(place.lake, place.drop)
    assert [(one.system_id, one.rows_of) for one in written] == [("bureau", {CONTRACT: 3, "complaint": 1})]
    book = openpyxl.load_workbook(written[0].file)
    written[0].file.unlink()
    wrong = {"2025-13-45": "2025-12-05", "=1+1": "2025-12-06", "昨天": "2025-12-07", "": "示例市远山商贸有限公司"}
    for sheet in book.worksheets:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                if cell.fill.fgColor.rgb == "FFFFC7CE":
                    cell.value = wrong[cell.value]
    return book


def test_the_workbook_of_a_department_corrects_the_rows_of_all_its_record_types(place: Place) -> None:
    _of_two_record_types(place).save(place.drop / "bureau" / "改好了.xlsx")
    done = place.ingest().deliveries
    assert {one.contract_id: (one.mode, one.rows_read, one.rows_accepted) for one in done} == {
        CONTRACT: ("correction", 3, 3),
        "complaint": ("correction", 1, 1),
    }
    assert open_feeds(place.lake) == {}
    assert place.ingest().deliveries == []


def test_a_sheet_in_the_folder_of_another_record_type_is_refused_and_not_lost(place: Place) -> None:
    _of_two_record_types(place).save(place.drop / "bureau" / "complaint" / "改好了.xlsx")
    one = place.ingest().deliveries[0]
    assert (one.rows_read, one.rows_accepted, one.rows_refused) == (4, 1, 3)
    assert "ingest.other_record_type" in one.reasons
    assert open_feeds(place.lake) == {("bureau", CONTRACT): 3}


def test_a_sheet_of_a_record_type_that_nobody_knows_is_refused_and_not_lost(place: Place) -> None:
    book = _of_two_record_types(place)
    sheet = next(one for one in book.worksheets if one.title.startswith("投诉"))
    for cell in sheet[1]:
        cell.value = str(cell.value).replace("投诉举报信息", "投诉")
    book.save(place.drop / "bureau" / "改好了.xlsx")
    one = place.ingest().deliveries[0]
    assert (one.contract_id, one.rows_read, one.rows_accepted, one.rows_refused) == (CONTRACT, 4, 3, 1)
    assert "ingest.other_record_type" in one.reasons


def test_replay_takes_in_what_the_rules_accept_now_and_only_once(place: Place) -> None:
    changed = place.sources / "contracts"
    shutil.copytree(CONTRACTS, changed)
    file = changed / f"{CONTRACT}.yaml"
    required = "{property: requiredIn, value: [double_publicity_2018, double_publicity_2016, case_disclosure]}"
    file.write_text(file.read_text().replace(required, "{property: requiredIn, value: [case_disclosure]}"))
    relaxed = load_contracts(changed)
    result = replay(place.lake, relaxed, {}, "again")[0]
    assert (result.tried, result.accepted, result.still_open) == (3, 1, 2)
    assert open_feeds(place.lake) == {("bureau", CONTRACT): 2}
    assert replay(place.lake, relaxed, {}, "again")[0].accepted == 0
    rows = tables.read(place.lake, bronze_table(CONTRACT)).to_pylist()
    assert [row["source_row"] for row in rows if row["corrects"]] == [3]


def test_no_open_rows_give_no_workbook(tmp_path: Path) -> None:
    made = Place(tmp_path)
    made.put("a.csv", [line(1)])
    made.ingest()
    assert export(made.lake, tmp_path / "out") == []


def test_an_amount_in_ten_thousands_keeps_its_unit_on_the_way_back(tmp_path: Path) -> None:
    """A layout told by its header sets the unit: a workbook whose titles lost it would bring back 0.5 yuan."""
    made = Place(tmp_path)
    header = "CF_XDR_MC,CF_WSH,CF_CFMC,CF_JDRQ,CF_XZJG,罚款金额"
    row = "示例市晨光商贸有限公司,示市监罚〔2025〕9号,示例案,2025-13-45,示例市市场监督管理局,0.5"
    made.put("a.csv", [], text=f"{header}\n{row}\n")
    made.ingest()
    rows = list(open_rows(made.lake))
    file = made.drop / "bureau" / CONTRACT / "mended.xlsx"
    write_workbook(file, "bureau", [(load_contract(CONTRACT), rows)])
    book = openpyxl.load_workbook(file)
    for cells in book.worksheets[0].iter_rows(min_row=2):
        for cell in cells:
            if cell.value == "2025-13-45":
                cell.value = "2025-12-05"
    book.save(file)
    made.ingest()
    assert [(one["fine_amount_yuan"], one["layout"]) for one in made.bronze()] == [(5000, "double_publicity_2016")]
