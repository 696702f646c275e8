"""A table matched against a registry: what is linked, what is left to a person, and that order changes nothing."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from lake.errors import TerminalError
from linkage.matching import match
from linkage.sheets import read_sheet

REGISTRY = pa.table({
    "企业名称": [
        "杭州安康食品有限公司", "杭州安康食品有限公司城东分公司", "宁波第一建筑工程公司", "宁波第二建筑工程公司",
        "温州晨曦光学仪器有限公司", "绍兴晨曦光学仪器有限公司", "嘉兴瑞禾纺织科技有限公司",
    ],
    "统一社会信用代码": [
        "91990101FX00000A1C", "91990102FX00000BXJ", "92990101FX0000C14D", "93990101FX0000D10K",
        "11990101FX0000E17D", "51990101FX0000F13J", "N2990101FX0000G1X4",
    ],
    "省份": ["浙江省"] * 7,
    "城市": ["杭州市", "杭州市", "宁波市", "宁波市", "温州市", "绍兴市", "嘉兴市"],
})  # fmt: skip
RECORDS = [
    ("杭州市安康食品有限责任公司", "", "auto", "91990101FX00000A1C"),
    ("", "91990101fx00000a1c", "auto", "91990101FX00000A1C"),
    ("嘉兴瑞禾纺织科技有限公司", "91990101FX00000A1C", "review", None),
    ("杭州安康食品有限公司城西分公司", "", "review", None),
    ("宁波第三建筑工程公司", "", "review", None),
    ("晨曦光学仪器有限公司", "", "review", None),
    ("关于嘉兴瑞禾纺织科技有限公司的行政处罚决定书", "", "auto", "N2990101FX0000G1X4"),
    ("嘉兴瑞禾纺织科技有限公司", "91990101FX0000A01C", "review", None),
    ("绍兴晨曦光学仪器有限公司", "51990101FX0000F1J3", "auto", "51990101FX0000F13J"),
    ("嘉兴瑞禾纺织科技股份有限公司", "", "review", None),
]


def _matched(
    folder: Path, records: list[tuple[str, str, str, str | None]]
) -> dict[tuple[str, str], tuple[str, str | None]]:
    pq.write_table(REGISTRY, folder / "registry.parquet")
    table = pa.table({"name": [r[0] for r in records], "code": [r[1] for r in records]})
    pq.write_table(table, folder / "records.parquet")
    match(folder / "records.parquet", folder / "registry.parquet", folder / "out.parquet")
    rows = pq.read_table(folder / "out.parquet").to_pylist()
    assert [(row["name"], row["code"]) for row in rows] == [(r[0], r[1]) for r in records]
    for row in rows:
        assert len(json.loads(row["candidates"])) <= 5
    return {(row["name"], row["code"]): (row["status"], row["uscc"]) for row in rows}


def test_sure_rows_are_linked_and_the_rest_left_to_a_person(tmp_path: Path) -> None:
    assert _matched(tmp_path, RECORDS) == {(r[0], r[1]): (r[2], r[3]) for r in RECORDS}


def test_a_persons_name_alone_is_no_business_and_is_not_shown(tmp_path: Path) -> None:
    registry = pa.table({"name": ["王小明", "老王记饭店"], "code": ["92990101FX0000C14D", "93990101FX0000D10K"]})
    written = {"name": ["王小明", "王小明", ""], "code": ["", "92990101FX0000C14D", "92990101FX0000C14D"]}
    pq.write_table(pa.table(written), tmp_path / "records.parquet")
    match(tmp_path / "records.parquet", registry, tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["status"], row["matched_name"]) for row in rows] == [
        ("review", None),
        ("auto", "王**"),
        ("auto", "王**"),
    ]
    assert not any("王小明" in row["candidates"] for row in rows)


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert _matched(tmp_path / "a", RECORDS) == _matched(tmp_path / "b", RECORDS[::-1])


def test_a_table_without_name_and_code_is_refused_with_its_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"colour": ["red"]}), tmp_path / "records.parquet")
    pq.write_table(REGISTRY, tmp_path / "registry.parquet")
    with pytest.raises(TerminalError, match="colour"):
        match(tmp_path / "records.parquet", tmp_path / "registry.parquet", tmp_path / "out.csv")


def test_titles_above_the_headers_notes_and_further_sheets_are_told_and_the_table_below_is_matched(
    tmp_path: Path,
) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "records.xlsx"))
    book.add_worksheet("说明").write_row(0, 0, ["填报说明"])
    sheet = book.add_worksheet("名单")
    rows = [["某局处罚名单"], ["填报单位：某局", "2026年"], ["处罚机关名称", "企业（单位）名称", "备注", "备注"]]
    for number, row in enumerate([*rows, ["某局", "宁波第一建筑工程公司", "甲", "乙"]]):
        sheet.write_row(number, 0, row)
    book.close()
    pq.write_table(REGISTRY, tmp_path / "registry.parquet")
    summary = match(tmp_path / "records.xlsx", tmp_path / "registry.parquet", tmp_path / "out.parquet")
    assert (summary.title_rows, summary.other_sheets, summary.columns) == (2, ("说明",), {"name": "企业（单位）名称"})
    row = pq.read_table(tmp_path / "out.parquet").to_pylist()[0]
    assert (row["处罚机关名称"], row["备注"], row["备注_2"]) == ("某局", "甲", "乙")
    assert (row["uscc"], row["status"]) == ("92990101FX0000C14D", "auto")


def test_titles_above_the_headers_of_a_csv_in_gb18030_are_told(tmp_path: Path) -> None:
    lines = ["名单；二〇二六年", "", "序号;单位名称;统一社会信用代码（注册号）", "1;某某;91990101FX00000A1C"]
    (tmp_path / "records.csv").write_bytes("\r\n".join(lines).encode("gb18030"))
    pq.write_table(REGISTRY, tmp_path / "registry.parquet")
    summary = match(tmp_path / "records.csv", tmp_path / "registry.parquet", tmp_path / "out.parquet")
    assert (summary.rows, summary.title_rows) == (1, 2)
    assert summary.columns == {"name": "单位名称", "code": "统一社会信用代码（注册号）"}


def test_a_row_of_the_table_is_never_taken_for_its_headers(tmp_path: Path) -> None:
    """Its cells hold words that are headers elsewhere; the rows above would not be in the result."""
    rows = ["全名,类型,备注", "宁波第一建筑工程公司,企业,甲", "某某,单位,乙"]
    (tmp_path / "records.csv").write_text("\n".join(rows), encoding="utf-8")
    pq.write_table(REGISTRY, tmp_path / "registry.parquet")
    with pytest.raises(TerminalError, match="全名"):
        match(tmp_path / "records.csv", tmp_path / "registry.parquet", tmp_path / "out.csv")
    summary = match(tmp_path / "records.csv", tmp_path / "registry.parquet", tmp_path / "out.parquet", {"name": "全名"})
    assert (summary.rows, summary.title_rows) == (2, 0)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (["名称", "码", "码", "码_2"], ["名称", "码", "码_3", "码_2"]),
        (["名称", "码_2", "码_2"], ["名称", "码_2", "码_2_2"]),
    ],
)
def test_headers_that_come_twice_are_told_apart_from_all_others(
    tmp_path: Path, headers: list[str], told: list[str]
) -> None:
    (tmp_path / "records.csv").write_text(",".join(headers) + "\n甲" + ",1" * (len(headers) - 1), encoding="utf-8")
    assert read_sheet(tmp_path / "records.csv").table.column_names == told


SENTENCES = [
    ("投诉北溪市汶南供销合作社售后服务问题", "auto", "11990101FX0000E17D"),
    ("关于对北溪市汶南供销合作社盛隆农资经销处违法行为的处理决定", "auto", "51990101FX0000F13J"),
    ("北溪惠仁药业连锁有限责任公司（被处罚单位）", "auto", "N2990101FX0000G1X4"),
    ("关于对北溪市汶南供销合作社兴旺收购站违法行为的处理决定", "review", None),
    ("生产商：北溪市汶南供销合作社生产专柜", "review", None),
    ("投诉北溪惠仁药业连锁有限责任公司文化宫店售后服务问题", "review", None),
    ("经销商：北溪惠仁药业连锁有限责任公司(汶南)配销中心第三连锁店", "review", None),
    ("经销商：北溪惠仁药业连锁有限责任公司汶南支行", "review", None),
    ("北溪惠仁药业连锁有限责任公司经纪人事务所（被处罚单位）", "review", None),
]


def test_of_a_sentence_the_longest_registered_name_is_meant_and_a_branch_is_not_its_head_office(tmp_path: Path) -> None:
    names = ["北溪市汶南供销合作社", "北溪市汶南供销合作社盛隆农资经销处", "北溪惠仁药业连锁有限责任公司"]
    registry = pa.table({"name": names, "code": ["11990101FX0000E17D", "51990101FX0000F13J", "N2990101FX0000G1X4"]})
    pq.write_table(pa.table({"name": [text for text, *_ in SENTENCES]}), tmp_path / "records.parquet")
    match(tmp_path / "records.parquet", registry, tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["name"], row["status"], row["uscc"]) for row in rows] == SENTENCES


def test_a_name_written_nearly_so_is_left_to_a_person_where_its_address_is_another_one(tmp_path: Path) -> None:
    registry = pa.table({
        "name": ["北溪市安康食品有限公司"], "code": ["91990101FX00000A1C"], "address": ["北溪市汶南区文化路一百一十五号"],
    })  # fmt: skip
    sent = [("文化路一百一十五号", "auto"), ("", "auto"), ("城东区人民路二十二号", "review")]
    records = pa.table(
        {"name": ["北溪市安康食品有限责任公司"] * len(sent), "address": [address for address, _ in sent]}
    )
    pq.write_table(records, tmp_path / "records.parquet")
    match(tmp_path / "records.parquet", registry, tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["address"], row["status"]) for row in rows] == sent


def test_a_name_without_its_form_is_sure_only_where_the_form_is_the_usual_one(tmp_path: Path) -> None:
    names = ["北溪市汶南纺织有限公司", "北溪市瑞禾建材股份有限公司", "北溪市晨曦粮油总公司"]
    registry = pa.table({"name": names, "code": ["11990101FX0000E17D", "51990101FX0000F13J", "N2990101FX0000G1X4"]})
    sent = [("北溪市汶南纺织", "auto"), ("北溪市瑞禾建材", "review"), ("北溪市晨曦粮油", "review")]
    pq.write_table(pa.table({"name": [name for name, _ in sent]}), tmp_path / "records.parquet")
    match(tmp_path / "records.parquet", registry, tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["name"], row["status"]) for row in rows] == sent


def test_a_name_given_up_leads_to_its_enterprise_unless_another_bears_it(tmp_path: Path) -> None:
    registry = REGISTRY.append_column(
        "曾用名", pa.array(["杭州旧岁食品厂；杭州晨光食品厂", None, "嘉兴瑞禾纺织科技有限公司", *[None] * 4])
    )
    sent = ["杭州旧岁食品厂", "杭州晨光食品厂", "嘉兴瑞禾纺织科技有限公司", "杭州安康食品有限公司"]
    pq.write_table(pa.table({"name": sent}), tmp_path / "records.parquet")
    pq.write_table(registry, tmp_path / "registry.parquet")
    summary = match(tmp_path / "records.parquet", tmp_path / "registry.parquet", tmp_path / "out.parquet")
    found = [(row["status"], row["uscc"]) for row in pq.read_table(tmp_path / "out.parquet").to_pylist()]
    bakery = ("auto", "91990101FX00000A1C")
    assert found == [bakery, bakery, ("review", None), bakery]
    assert summary.enterprises == 7


def test_an_organisation_code_that_is_registered_counts_though_its_check_character_fails(tmp_path: Path) -> None:
    registry = pa.table({"name": ["宁波第一建筑工程公司"], "code": ["91450122592788029K"]})
    pq.write_table(pa.table({"code": ["59278802-9"]}), tmp_path / "records.parquet")
    match(tmp_path / "records.parquet", registry, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").to_pylist()[0]["uscc"] == "91450122592788029K"
