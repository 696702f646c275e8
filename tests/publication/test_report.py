"""Credit reports: what they say, that they say it twice in the same bytes, and what their number leads to."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from lake.errors import TerminalError
from lake.settings import load_settings
from publication.dataset import MODELS_FOLDER, load_datasets
from publication.parts import may_hold
from publication.report import issue
from publication.report.gather import in_ten_thousand, shown
from publication.report.layout import load_layout
from publication.report.model import Content, Edition, Question
from tests.publication.conftest import Lake
from tests.publication.warehouse import code

ONE = code(3, "990101")


@pytest.fixture
def released(lake: Lake) -> Lake:
    """Enterprise number 3 with one penalty, one licence, a serious list, one it left and one nobody heard of."""
    lake.change("alter table profile.enterprise_profile add column licence_count bigint")
    lake.change("alter table profile.enterprise_profile add column listing_count bigint")
    lake.change("update profile.enterprise_profile set penalty_count = 1, licence_count = 1, listing_count = 3")
    lists = [("e1", "严重违法失信名单", "2025-05-01", None), ("e2", "经营异常名录", "2023-01-05", "2024-02-01"),
             ("e3", "奇怪的名单", "2022-01-01", None)]  # fmt: skip
    for key, kind, listed, removed in lists:
        lake.change(
            "insert into publicity.public_list_entry (record_id, subject_name, uscc, list_type, ground, listed_date, "
            f"deciding_authority, subject_category, removed_date) "
            f"values ('{key}', '虚构市示例0003号有限公司', '{ONE}', '{kind}', "
            f"'<b>#理由* {key}</b>', '{listed}', '虚构市市场监督管理局', null, {repr(removed) if removed else 'null'})"
        )
    model = lake.options.models_folder / "publicity" / "public_list_entry.yml"
    model.write_text(
        model.read_text().replace(
            "removed_date, meta: {sensitivity: internal}", "removed_date, meta: {sensitivity: public}"
        )
    )
    lake.change(
        "insert into publicity.public_honour (record_id, subject_name, uscc, honour_name, authority_name, awarded_date, "
        f"valid_until_date) values ('h1', '虚构市示例0003号有限公司', '{ONE}', '诚信示范企业', '虚构市市场监督管理局', "
        "'2025-03-15', '2028-03-14')"
    )
    profile = lake.options.models_folder / "profile" / "enterprise_profile.yml"
    more = "".join(
        f"      - {{name: {name}, meta: {{sensitivity: public}}}}\n" for name in ("licence_count", "listing_count")
    )
    profile.write_text(profile.read_text().rstrip("\n") + "\n" + more)
    lake.publish()
    return lake


def content(lake: Lake, **asked: Any) -> Content:
    return issue.content_of(lake.storage, lake.settings, Question(uscc=ONE, **asked))


def counts(report: Content) -> dict[int, int | None]:
    return {chapter.number: chapter.count for chapter in report.chapters}


def test_ten_chapters_in_order_and_eight_counts(released: Lake) -> None:
    report = content(released)
    assert [chapter.number for chapter in report.chapters] == list(range(1, 11))
    assert [chapter.number for chapter in report.chapters if chapter.is_counted] == list(range(2, 10))
    # A chapter that the release has no data for is not "none found".
    assert counts(report) == {1: None, 2: 2, 3: 1, 4: 1, 5: 1, 6: None, 7: None, 8: None, 9: 1, 10: None}
    assert [section.state for section in report.chapters[6].sections] == ["not_held"]
    assert report.labels == ("存续", "失信惩戒对象")


@pytest.mark.parametrize(
    ("status", "label"),
    [
        ("存续（在营、开业、在册）", "存续"),
        ("吊销，未注销", "吊销"),
        ("吊销", "吊销"),
        ("注销", "注销"),
        ("吊销，已注销", "注销"),
        ("迁出", "迁出"),
    ],
)
def test_a_revoked_licence_is_not_called_a_deregistration(status: str, label: str) -> None:
    assert load_layout().state_of(status) == label


def test_none_of_this_enterprise_is_told_from_none_of_any(released: Lake) -> None:
    asked = content(released, edition=Edition.NO_VIOLATIONS, start=date(2026, 1, 1))
    [abnormal] = next(chapter for chapter in asked.chapters if chapter.number == 5).sections  # left in 2024
    assert (abnormal.state, abnormal.note) == ("none", "查询期内无相关信息")
    [commitments] = content(released).chapters[5].sections  # the whole release holds none
    assert (commitments.state, commitments.note) == ("not_held", "本公示版本未收录此类信息")


def test_a_list_that_no_chapter_names_is_shown_among_the_others(released: Lake) -> None:
    others = next(chapter for chapter in content(released).chapters if chapter.number == 9)
    assert [fact.value for fact in others.sections[0].entries[0].facts if "e3" in fact.value] == ["<b>#理由* e3</b>"]


def test_an_honour_is_shown_with_issuer_and_validity_and_makes_nobody_a_subject_of_incentives(released: Lake) -> None:
    report = content(released)
    [honour] = report.chapters[2].sections[0].entries
    assert honour.heading == "诚信示范企业"
    assert [fact.value for fact in honour.facts] == ["诚信示范企业", "虚构市市场监督管理局", "2025-03-15", "2028-03-14"]
    assert "守信激励对象" not in report.labels


def test_an_amount_is_shown_in_ten_thousand_yuan(released: Lake) -> None:
    penalty = content(released).chapters[1].sections[1].entries[0]
    assert [fact.value for fact in penalty.facts if "万元" in fact.label] == ["0.03005"]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (None, None, {2: 1, 4: 1, 5: 1, 9: 1}),
        (date(2025, 3, 1), date(2025, 3, 1), {2: 1, 4: 0, 5: 0, 9: 1}),
        (date(2025, 3, 2), None, {2: 0, 4: 1, 5: 0, 9: 1}),
        (date(2024, 2, 1), date(2024, 12, 31), {2: 0, 4: 0, 5: 1, 9: 1}),
    ],
)
def test_a_listing_is_in_a_period_that_it_stood_in(
    released: Lake, start: date | None, end: date | None, found: dict[int, int]
) -> None:
    report = content(released, edition=Edition.NO_VIOLATIONS, start=start, end=end)
    # e3 and, from its first day, e1 were never moved out: they stand in every later period.
    assert counts(report) == found


def test_no_violations_is_said_only_of_a_field_in_which_there_are_none(released: Lake) -> None:
    clean = content(released, edition=Edition.NO_VIOLATIONS, scope="海关")
    assert "无公示的行政处罚信息" in clean.statement[0]
    assert counts(clean) == {2: 0, 4: 0, 5: 0, 9: 0}
    found = content(released, edition=Edition.NO_VIOLATIONS, scope="市场监管")
    assert "有公示信息4条" in found.statement[0]


def test_a_decision_of_a_body_of_no_known_field_counts_in_every_field(released: Lake) -> None:
    released.change("update publicity.public_penalty set authority_name = '虚构市某某局'")
    released.publish()
    assert counts(content(released, edition=Edition.NO_VIOLATIONS, scope="海关"))[2] == 1


def test_what_is_not_known_is_refused(released: Lake) -> None:
    with pytest.raises(TerminalError, match="91990101FX999999"):
        issue.content_of(released.storage, released.settings, Question(uscc="91990101FX999999X1"))
    with pytest.raises(TerminalError, match="海关"):
        content(released, scope="天气")


def test_no_report_when_profile_and_records_disagree(released: Lake) -> None:
    released.change("update profile.enterprise_profile set penalty_count = 2")
    released.publish()
    with pytest.raises(TerminalError, match="public_penalty"):
        content(released)


def test_same_bytes_twice_and_text_is_only_text(released: Lake) -> None:
    first = issue.make(released.storage, released.settings, Question(uscc=ONE), formats=("html",))
    again = issue.make(released.storage, released.settings, Question(uscc=ONE), formats=("html",))
    assert first == again
    page = first.files["html"].decode()
    assert "&lt;b&gt;#理由* e1&lt;/b&gt;" in page and "<b>#" not in page
    assert first.issued.number in page


def test_the_number_leads_to_release_and_digest_also_when_a_newer_release_is_out(
    released: Lake, tmp_path: Path
) -> None:
    report = issue.make(released.storage, released.settings, Question(uscc=ONE), formats=("html",))
    released.change("delete from publicity.public_penalty")
    released.change("update profile.enterprise_profile set penalty_count = 0")
    released.publish()
    file = tmp_path / "report.html"
    file.write_bytes(report.files["html"])
    found = issue.resolve(released.storage, released.settings, report.issued.number, file)
    assert found.ok and found.is_same_file and not found.is_current_release
    assert found.issued.release == report.issued.release
    file.write_bytes(report.files["html"].replace(b"0.03005", b"0.00005"))
    assert not issue.resolve(released.storage, released.settings, report.issued.number, file).ok
    with pytest.raises(TerminalError, match="no-such"):
        issue.resolve(released.storage, released.settings, "no-such")


def test_a_changed_file_of_the_release_is_noticed(released: Lake) -> None:
    report = issue.make(released.storage, released.settings, Question(uscc=ONE), formats=("html",))
    path = released.file("manifest.json")
    manifest = json.loads(path.read_text())
    manifest["run_id"] = "other"
    path.write_text(json.dumps(manifest))
    with pytest.raises(TerminalError):
        issue.resolve(released.storage, released.settings, report.issued.number)


@pytest.mark.parametrize(
    ("yuan", "text"), [("0.00", "0"), ("10000.00", "1"), ("123456.78", "12.345678"), ("1E+7", "1000")]
)
def test_ten_thousand_yuan_are_exact(yuan: str, text: str) -> None:
    assert in_ten_thousand(Decimal(yuan)) == text


def test_values_are_shown_as_people_read_them() -> None:
    assert (shown(True), shown(None), shown(date(2026, 1, 31))) == ("是", "", "2026-01-31")


def test_a_code_is_looked_for_in_every_part_that_can_hold_it() -> None:
    assert may_hold("all", ONE) and may_hold("99", ONE) and may_hold("9901", ONE) and not may_hold("11", ONE)
    assert sum(may_hold(f"990101-{digit}", ONE) for digit in "0123456789abcdef") == 1
    assert may_hold("000000", "no code")


def test_the_layout_names_only_columns_that_are_released() -> None:
    public = {dataset.id: _columns(dataset.table) for dataset in load_datasets()}
    for chapter in load_layout().chapters:
        for section in chapter.sections:
            named = {
                *section.columns,
                *section.where,
                *section.ten_thousand,
                *filter(None, [section.date, section.until]),
            }
            if section.dataset in public:
                assert named <= public[section.dataset], (chapter.title, named - public[section.dataset])


def _columns(table: str) -> set[str]:
    schema, name = table.split(".")
    document = yaml.safe_load((MODELS_FOLDER / schema / f"{name}.yml").read_text(encoding="utf-8"))
    return {column["name"] for model in document["models"] if model["name"] == name for column in model["columns"]}


@pytest.mark.full
def test_the_pdf_is_the_same_twice_and_holds_every_record(released: Lake, tmp_path: Path) -> None:
    first = issue.make(released.storage, released.settings, Question(uscc=ONE))
    script = "import sys; from publication.report import issue; from publication.report.model import Question; " \
        "from lake.settings import load_settings; from lake.storage import open_storage; " \
        "s = load_settings(lake_url=sys.argv[1]); " \
        "sys.stdout.buffer.write(issue.make(open_storage(s), s, Question(uscc=sys.argv[2])).files['pdf'])"  # fmt: skip
    again = subprocess.run(
        [sys.executable, "-c", script, released.settings.lake_url, ONE], capture_output=True, check=True
    )
    assert again.stdout == first.files["pdf"]
    file = tmp_path / "report.pdf"
    file.write_bytes(first.files["pdf"])
    text = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True, text=True).stdout
    text = "".join(text.split())  # lines are broken where the page ends
    for wanted in (
        first.issued.number,
        "虚构市示例0003号有限公司",
        "0.03005",
        "<b>#理由* e1</b>",
        "<b>#理由* e3</b>",
        "未收录",
        "报告说明",
    ):
        assert "".join(wanted.split()) in text, wanted


@pytest.mark.full
def test_without_a_chinese_font_it_says_what_to_do(released: Lake) -> None:
    settings = load_settings(lake_url=released.settings.lake_url, report_font="No Such Font")
    with pytest.raises(TerminalError, match="No Such Font"):
        issue.make(released.storage, settings, Question(uscc=ONE))
