"""The gate reads the files about to be released; what must not go out never becomes current."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from expectations import ReleaseBlockedError, gate
from expectations.release_checks import ReadFile
from expectations.release_files import Reading, read_file
from expectations.release_guards import measure_guards, undeclared_columns
from lake.progress import Silent
from publication import Approver, PublishResult, audit, list_releases, publish, show_release
from publication.manifest import FileFormat, ReleaseColumn, ReleaseDataset, ReleaseFile
from publication.publish import Options
from tests.expectations.conftest import Built
from tests.publication import warehouse

Release = Callable[..., PublishResult]


@pytest.fixture
def release(built: Built, tmp_path: Path) -> Release:
    models = warehouse.write_models(tmp_path / "models")
    entries = models / "publicity" / "public_list_entry.yml"
    entries.write_text(
        re.sub(r"(_(?:from|to)_date, .*)internal", r"\1public", entries.read_text(encoding="utf-8")), "utf-8"
    )

    def run(
        accept: tuple[str, ...] = (), approver: Approver | None = None, clock: Callable[[], datetime] | None = None
    ) -> PublishResult:
        judge = gate(built.settings, built.storage, "run", Silent(), accept, is_approved=approver is not None)
        options = Options(models_folder=models)
        if clock is not None:
            options = replace(options, clock=clock)
        return publish(built.settings, built.storage, "run", Silent(), judge, approver=approver, options=options)

    return run


def test_good_files_pass(release: Release) -> None:
    assert release().published


@pytest.mark.parametrize(
    ("leak", "kind", "masked"),
    [
        ("联系电话13812345678", "mobile_number", "138****5678"),
        ("身份证11010519491231002X", "identity_number", "110***********002X"),
    ],
)
def test_a_personal_number_stops_the_release_and_is_shown_masked(
    built: Built, release: Release, leak: str, kind: str, masked: str
) -> None:
    first = release().version
    built.change(f"update publicity.public_penalty set violation_facts = '{leak}' where decision_number like '%〕3号'")
    with pytest.raises(ReleaseBlockedError) as error:
        release()
    [outcome] = error.value.result.failed
    assert outcome.id == f"release.public_penalty.{kind}" and outcome.owner == "list_editor"
    places = {(row.file, row.row) for row in outcome.failing_rows}
    folder = "public_penalty/all"
    assert places == {(f"{kind}/{folder}.{kind}", 4) for kind in ("parquet", "jsonl", "csv", "xlsx")}
    assert {value for row in outcome.failing_rows for value in row.columns.values()} == {masked}
    assert leak[-11:] not in error.value.result.model_dump_json()
    assert show_release(built.storage).version == first
    assert {item.path.split("/")[1] for item in built.storage.list("releases")} == {first, "current.json"}


@pytest.mark.parametrize(
    "cell", ["13812345678", "电话\n13812345678", '他说"13812345678", 是', "１３８１２３４５６７８"]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_personal_number_is_found_wherever_it_stands_in_a_csv_file(tmp_path: Path, cell: str, place: int) -> None:
    path, names = tmp_path / "all.csv", ["case_name", "facts", "remark"]
    rows = [["虚构一案", "第1号", ""] for _ in range(3_000)]
    rows[2_000][place] = cell
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    entry = ReleaseFile(
        path="csv/all.csv", dataset="public_penalty", format="csv", part="all", rows=len(rows), bytes=0, sha256="",
        schema_version="", content_digest="", written_in="",
    )  # fmt: skip
    with duckdb.connect() as connection:
        reading = read_file(connection, path, entry, names)
    assert [(row, column, leak.kind) for row, column, leak in reading.leaks] == [(2_001, names[place], "mobile_number")]
    assert reading.rows == len(rows)


def test_a_personal_number_in_a_profile_is_found_in_the_lookup_file_too(built: Built, release: Release) -> None:
    built.change(
        "update profile.enterprise_profile set registration_status = '负责人13812345678' where penalty_count = 3"
    )
    with pytest.raises(ReleaseBlockedError) as error:
        release()
    [outcome] = error.value.result.failed
    assert {str(row.file) for row in outcome.failing_rows} == {
        "parquet/enterprise_profile/all.parquet",
        "jsonl/enterprise_profile/all.jsonl",
        "sqlite/enterprise_profile.sqlite",
    }


def test_half_a_list_is_stopped_until_somebody_answers_for_it(built: Built, release: Release) -> None:
    release()
    built.change("delete from publicity.public_penalty where decision_number < '虚市监罚〔2025〕15号'")
    guard = "release.public_penalty.removed_share"
    with pytest.raises(ReleaseBlockedError, match=r"release\.public_penalty\.removed_share.*--approve"):
        release()
    with pytest.raises(ReleaseBlockedError, match="removed_share"):
        release((guard,))
    assert release(approver=Approver(name="张审核", reason="移送省局,逐条核对过")).published
    manifest = show_release(built.storage)
    assert manifest.accepted_checks == (guard,)
    assert manifest.approval and (manifest.approval.name, manifest.approval.checks) == ("张审核", (guard,))
    acts = [(entry.action, entry.actor) for entry in audit.check(built.storage, list_releases(built.storage))]
    assert acts == [("publish", "run"), ("approve", "张审核"), ("publish", "run")]
    assert manifest.audit and manifest.audit.number == 2


def test_guard_rails_know_full_lists_and_empty_ones(built: Built, release: Release) -> None:
    release()
    more = "select * replace (record_id || 'x' as record_id) from publicity.public_licence"
    built.change(f"insert into publicity.public_licence {more}")
    built.change(f"insert into publicity.public_licence {more} limit 1")
    built.change("delete from publicity.public_penalty")
    with pytest.raises(ReleaseBlockedError) as error:
        release()
    failed = {outcome.id for outcome in error.value.result.failed}
    names = ("public_licence.added_share", "public_penalty.removed_share", "public_penalty.emptied")
    assert failed == {f"release.{name}" for name in names}


_ENTRY = """
insert into publicity.public_list_entry (record_id, subject_name, uscc, list_type, credit_china_to_date)
select 'e' || number, '虚构市示例0001号有限公司', uscc, '经营异常名录', date '2026-03-01'
from range({count}) as numbers(number), (select uscc from profile.enterprise_profile limit 1);
insert into publicity.list_measure (record_id, measure_id, uscc)
select record_id, 'M-01', uscc from publicity.public_list_entry
"""
_EMPTY = "delete from publicity.public_list_entry; delete from publicity.list_measure"


def _at(day: str) -> Callable[[], datetime]:
    return lambda: datetime.fromisoformat(f"{day}T00:00:00+08:00")


@pytest.mark.parametrize(
    ("count", "change", "day", "stopped_by"),
    [
        (2, "", "2026-03-01", set()),
        (2, "", "2026-02-28", {"public_list_entry.emptied", "list_measure.emptied"}),
        (2, "necips_from_date = '2026-01-01'", "2026-03-01", {"public_list_entry.emptied", "list_measure.emptied"}),
        (2, "credit_china_to_date = null", "2026-03-01", {"public_list_entry.emptied", "list_measure.emptied"}),
        (9, "", "2026-03-01", {"public_list_entry.removed_share", "list_measure.removed_share"}),
    ],
    ids=["all are over", "a day before", "one channel still shows one", "one is open", "many at once"],
)
def test_a_list_is_emptied_without_approval_only_by_the_clock(
    built: Built, release: Release, count: int, change: str, day: str, stopped_by: set[str]
) -> None:
    built.change(_ENTRY.format(count=count))
    if change:
        built.change(f"update publicity.public_list_entry set {change} where record_id = 'e1'")
    release(clock=_at("2026-01-05"))
    built.change(_EMPTY)
    if not stopped_by:
        assert release(clock=_at(day)).rows["public_list_entry"] == 0
        return
    with pytest.raises(ReleaseBlockedError) as error:
        release(clock=_at(day))
    assert {outcome.id.removeprefix("release.") for outcome in error.value.result.failed} == stopped_by


def test_few_rows_may_come_and_go_in_a_short_list(built: Built, release: Release) -> None:
    release()
    built.change("delete from publicity.public_licence where decision_number < '虚许〔2025〕3号'")
    assert release().published


def test_an_approval_covers_no_personal_number(built: Built, release: Release) -> None:
    built.change(
        "update publicity.public_penalty set violation_facts = '13812345678' where decision_number like '%〕3号'"
    )
    with pytest.raises(ReleaseBlockedError, match="mobile_number"):
        release(approver=Approver(name="张审核", reason="着急"))


def test_a_column_in_the_files_that_nobody_declared_public_stops_the_release(built: Built) -> None:
    """The gate looks at the files themselves: it does not take the renderer's word for it."""
    files = [ReadFile(entry("parquet"), Path(), Reading(3, ("record_id", "informant")))]
    dataset = ReleaseDataset(
        id="public_penalty", title="处罚", rows=3, schema_version="", content_digest="", key=("record_id",),
        columns=(ReleaseColumn(name="record_id", title="编号", description="", type="VARCHAR"),),
    )  # fmt: skip
    undeclared = undeclared_columns(dataset, files, {"public_penalty": frozenset({"record_id"})})
    assert undeclared == ["informant"]
    [measure] = measure_guards(built.settings, dataset, None, undeclared)
    assert measure.id == "release.public_penalty.undeclared_column" and measure.value > (measure.maximum or 0)


def entry(file_format: FileFormat) -> ReleaseFile:
    return ReleaseFile(
        path=f"{file_format}/public_penalty/all.{file_format}", dataset="public_penalty", format=file_format, part="all",
        rows=3, bytes=1, sha256="", schema_version="", content_digest="", written_in="",
    )  # fmt: skip


def test_a_broken_code_is_judged_row_by_row(built: Built, release: Release) -> None:
    built.change("update publicity.public_penalty set uscc = '9199' where decision_number like '%〕3号'")
    with pytest.raises(ReleaseBlockedError, match=r"release\.public_penalty\.code_shape\.uscc"):
        release()


def test_a_changed_row_of_a_mended_lookup_is_read_back(built: Built, release: Release) -> None:
    release()
    name = "enterprise_name = '虚构市示例0003号有限公司'"
    built.change(f"update profile.enterprise_profile set registration_status = '找13812345678' where {name}")
    with pytest.raises(ReleaseBlockedError) as error:
        release()
    [outcome] = error.value.result.failed
    assert {str(row.file).split("/")[0] for row in outcome.failing_rows} == {"parquet", "jsonl", "sqlite"}
    place = f"(select count(*) from profile.enterprise_profile where uscc <= (select uscc from changed where {name}))"
    with duckdb.connect(built.warehouse, read_only=True) as connection:
        row = connection.execute(f"with changed as (from profile.enterprise_profile) select {place}").fetchone()
    assert [(found.row,) for found in outcome.failing_rows if str(found.file).startswith("parquet")] == [row]


def test_a_capital_of_eleven_digits_in_a_mended_lookup_is_no_telephone(built: Built, release: Release) -> None:
    release()
    name = "enterprise_name = '虚构市示例0003号有限公司'"
    built.change(f"update profile.enterprise_profile set registered_capital_amount = 13812345678 where {name}")
    assert release().published
