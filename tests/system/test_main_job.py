"""The main job through the real command line: on disk, on an object store, twice, at the same time, interrupted."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import time
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from flows.job import job
from lake.settings import TIME_ZONE, load_settings
from tests.servers import SeaweedFS
from tests.system.conftest import Finished
from tests.system.lake_content import differences, lake_content
from tests.system.program import SECONDS, Program


def test_every_step_ran_and_a_release_is_out(job_on_disk: Finished) -> None:
    finished, document = job_on_disk.program, job_on_disk.document
    assert [step["name"] for step in document["steps"]] == ["ingest", "read", "build", "export", "check", "publish"]
    assert document["links"]
    [release] = finished.json("release", "list")
    assert release["version"] == finished.json("status")["release"]
    assert finished.json("release", "verify")["ok"]


def test_every_row_of_every_file_has_a_fate(finished: Program, drop: Path) -> None:
    files = finished.json("status")["files"]
    delivered = {
        str(path.relative_to(drop)) for path in drop.rglob("*") if path.is_file() and "_truth" not in path.parts
    }
    files = [file for file in files if not Path(file["path"]).name.startswith("更正-")]  # other tests send corrections
    assert {file["path"] for file in files} == {path for path in delivered if len(Path(path).parts) >= 3}
    for file in files:
        fates = ("rows_accepted", "rows_quarantined", "rows_repeated", "rows_layout", "rows_refused")
        assert file["rows_read"] == sum(file[name] for name in fates), file["path"]


def test_second_run_with_nothing_new_writes_nothing(finished: Program, drop: Path) -> None:
    before = finished.commits()
    document = finished.json("run", "--drop", str(drop))
    assert finished.commits() == before
    assert document["steps"][0]["result"]["deliveries"] == []
    assert finished.json("status")["last_run"]["run_id"] == document["run_id"]


def test_corrected_workbook_comes_back(finished: Program, tmp_path: Path) -> None:
    waiting = finished.json("quarantine", "list")["feeds"]
    assert waiting, "the example region plants rows that break contracts"
    written = finished.json("quarantine", "export", "--out", str(tmp_path / "corrections"))
    assert sum(one["rows"] for one in written) == sum(feed["rows"] for feed in waiting)
    # Sent back as it was: nothing is mended, so every row waits still, and none waits twice.
    finished.run("quarantine", "replay", str(tmp_path / "corrections"))
    again = finished.json("quarantine", "list")["feeds"]
    assert sum(feed["rows"] for feed in again) == sum(feed["rows"] for feed in waiting)


@pytest.mark.full
def test_a_second_release_is_explained_lifted_and_rolled_back(
    job_on_disk: Finished, drop: Path, tmp_path: Path
) -> None:
    """On a real lake: a repair between two runs takes its entry down; after its second export whoever answers for a list asks
    why it changed, and takes a step back."""
    first = job_on_disk.program
    shutil.copytree(first.lake, tmp_path / "lake")
    shutil.copytree(first.work, tmp_path / "work")
    program = Program(str(tmp_path / "lake"), tmp_path / "work")
    [complaints] = (drop / "market_supervision/complaint").glob("*.jsonl.gz")
    late = tmp_path / "late/market_supervision/complaint" / complaints.name.replace("001", "002")
    late.parent.mkdir(parents=True)
    late.write_bytes(gzip.compress(b"".join(gzip.decompress(complaints.read_bytes()).splitlines(keepends=True)[:5])))
    first = program.json("release", "list")[0]["version"]
    files = tmp_path / "lake/releases" / first / "parquet/public_penalty/*.parquet"
    repaired, taken = duckdb.sql(
        f"select record_id, counterpart_name, uscc, decision_number from read_parquet('{files}') "
        "where counterpart_name not like '%*%' order by all limit 2"
    ).fetchall()
    deliver_repair(tmp_path / "late", *repaired[1:])
    with job(load_settings(lake_url=program.lake, work_dir=program.work), "schedule", str(tmp_path / "late")) as intake:
        intake.do("ingest")
        intake.take_down_ended()
    run = intake.run.model_dump()
    assert [step["name"] for step in run["steps"]] == ["ingest", "read", "build", "publish", "export"]
    [step] = [step for step in run["steps"] if step["name"] == "publish"]
    assert [(one["record_id"], one["rule_id"]) for one in step["result"]["withdrawn"]] == [(repaired[0], "D-17")]
    approved = ("--approve", "李负责", "--reason", "核对")
    program.run("release", "urgent", taken[0], "--class", "repaired", *approved)
    assert gone_since(program, first) == {(repaired[0], "source"), (taken[0], "person")}
    program.run("release", "lift", taken[0], *approved)
    assert gone_since(program, first) == {(repaired[0], "source")}
    program.run("release", "rollback", first, *approved)
    assert program.json("release", "verify")["ok"]


def deliver_repair(drop: Path, name: str, code: str, number: str) -> None:
    """A file that grants the repair of a penalty today."""
    file = drop / "credit_office/repair_result/repairs.csv"
    file.parent.mkdir(parents=True)
    header = "修复编号,主体名称,统一社会信用代码,失信信息类型,决定书文号,修复结果,修复决定日期"
    day = datetime.now(TIME_ZONE).date()
    file.write_text(f"{header}\nXF1,{name},{code},行政处罚,{number},准予修复,{day}\n", encoding="utf-8")


def gone_since(program: Program, version: str) -> set[tuple[str, str]]:
    """Penalties that the current release no longer shows, and the cause of each."""
    [penalties] = [one for one in program.json("release", "diff", version)["datasets"] if one["id"] == "public_penalty"]
    return {(row["key"]["record_id"], row["cause"]) for row in penalties["rows"] if row["kind"] == "removed"}


@pytest.mark.full
def test_interrupted_run_is_finished_by_the_next(job_on_disk: Finished, drop: Path, tmp_path: Path) -> None:
    program = Program(str(tmp_path / "lake"), tmp_path / "work")
    process = program.start("run", "--drop", str(drop))
    assert process.stderr is not None
    for line in process.stderr:
        if "Take" in line or "Ingest" in line:
            break
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors[-3000:]
    assert "Traceback" not in errors
    assert program.json("status")["last_run"]["state"] == "interrupted"
    program.run("run", "--drop", str(drop))
    assert differences(job_on_disk.content, lake_content(program.storage())) == []


@pytest.mark.full
def test_two_runs_at_the_same_time(job_on_disk: Finished, drop: Path, tmp_path: Path) -> None:
    program = Program(str(tmp_path / "lake"), tmp_path / "work")
    runs = [program.start("run", "--drop", str(drop)) for _ in range(2)]
    for process in runs:
        out, errors = process.communicate(timeout=SECONDS)
        assert process.returncode in {0, 1}, out[-3000:] + errors[-3000:]
    assert differences(job_on_disk.content, lake_content(program.storage())) == []


@pytest.mark.full
def test_object_store_for_lake_and_drop(finished: Program, drop: Path, seaweedfs: SeaweedFS, tmp_path: Path) -> None:
    """The same rows as on disk; a drop on S3 has other file times, so what depends on them is left out."""
    place = seaweedfs.new_prefix()
    files = seaweedfs.files()
    for path in sorted(drop.rglob("*")):
        if path.is_file():
            files.put_file(str(path), f"{place.removeprefix('s3://')}/{path.relative_to(drop)}")
    program = Program(seaweedfs.new_prefix(), tmp_path / "work", seaweedfs.environment)
    os.environ.update({name: value for name, value in seaweedfs.environment.items() if name.startswith("AWS_")})
    document = program.json("run", "--drop", place)
    assert program.json("release", "verify")["ok"]
    counts = {file["path"]: file["rows_read"] for file in program.json("status")["files"]}
    on_disk = [
        file for file in finished.json("status")["files"] if file["format"] and not file["path"].endswith("更正")
    ]
    assert {path: counts.get(path) for path in counts} == {
        file["path"]: file["rows_read"] for file in on_disk if file["path"] in counts
    }
    before = program.commits()
    program.run("run", "--drop", place)
    assert program.commits() == before
    assert document["state"] in {"finished", "finished_with_refusals"}
