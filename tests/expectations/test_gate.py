"""The gate reads the files about to be released; what must not go out never becomes current."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from expectations import ReleaseBlockedError, gate
from lake.progress import Silent
from publication import PublishResult, publish, show_release
from publication.publish import Options
from tests.expectations.conftest import Built
from tests.publication import warehouse

Release = Callable[..., PublishResult]


@pytest.fixture
def release(built: Built, tmp_path: Path) -> Release:
    models = warehouse.write_models(tmp_path / "models")

    def run(accept: tuple[str, ...] = ()) -> PublishResult:
        judge = gate(built.settings, built.storage, "run", Silent(), accept)
        return publish(built.settings, built.storage, "run", Silent(), judge, options=Options(models_folder=models))

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
    assert places == {(f"{kind}/{folder}.{kind}", 4) for kind in ("parquet", "csv", "xlsx")}
    assert {value for row in outcome.failing_rows for value in row.columns.values()} == {masked}
    assert leak[-11:] not in error.value.result.model_dump_json()
    assert show_release(built.storage).version == first
    assert {item.path.split("/")[1] for item in built.storage.list("releases")} == {first, "current.json"}


def test_a_personal_number_in_a_profile_is_found_in_the_lookup_file_too(built: Built, release: Release) -> None:
    built.change(
        "update profile.enterprise_profile set registration_status = '负责人13812345678' where penalty_count = 3"
    )
    with pytest.raises(ReleaseBlockedError) as error:
        release()
    [outcome] = error.value.result.failed
    assert {str(row.file) for row in outcome.failing_rows} == {
        "parquet/enterprise_profile/all.parquet",
        "sqlite/enterprise_profile.sqlite",
    }


def test_half_a_list_is_stopped_until_somebody_answers_for_it(built: Built, release: Release) -> None:
    release()
    built.change("delete from publicity.public_penalty where decision_number < '虚市监罚〔2025〕15号'")
    with pytest.raises(ReleaseBlockedError, match=r"release\.public_penalty\.volume_low"):
        release()
    assert release(("release.public_penalty.volume_low",)).published
    assert show_release(built.storage).accepted_checks == ("release.public_penalty.volume_low",)


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
    assert {str(row.file).split("/")[0] for row in outcome.failing_rows} == {"parquet", "sqlite"}
    place = f"(select count(*) from profile.enterprise_profile where uscc <= (select uscc from changed where {name}))"
    with duckdb.connect(built.warehouse, read_only=True) as connection:
        row = connection.execute(f"with changed as (from profile.enterprise_profile) select {place}").fetchone()
    assert [(found.row,) for found in outcome.failing_rows if str(found.file).startswith("parquet")] == [row]


def test_a_capital_of_eleven_digits_in_a_mended_lookup_is_no_telephone(built: Built, release: Release) -> None:
    release()
    name = "enterprise_name = '虚构市示例0003号有限公司'"
    built.change(f"update profile.enterprise_profile set registered_capital_amount = 13812345678 where {name}")
    assert release().published
