"""What a person sees of the command line: help, errors, exit codes, JSON, in both languages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from creditlake import application, invocation
from creditlake.cli import run_command_line
from creditlake.exit_codes import ExitCode
from creditlake.failures import exit_code_of
from creditlake.rendering import show_plain_table
from lake.errors import TerminalError, TransientError
from lake.messages import LANGUAGES, current_language, set_language

COMMANDS = [
    "run", "ingest", "build", "check", "publish", "status", "example", "doctor",
    "quarantine list", "quarantine export", "quarantine replay",
    "release list", "release show", "release verify", "release key", "release audit",
    "release diff", "release changes", "release as-of", "release rollback", "release urgent", "release lift",
    "contract list", "contract show", "contract template", "contract lint",
    "source list", "source show", "source lint", "source propose", "source report",
    "schedule list", "schedule serve", "schedule pause", "schedule resume", "schedule backfill",
    "report make", "report resolve", "delivery list", "delivery send", "delivery rejections",
    "match", "link explain", "link why-not", "queue list", "queue export", "queue held", "queue masked", "queue candidates",
    "policy show", "policy lint", "policy explain", "policy simulate", "policy timeliness",
]  # fmt: skip
HEAVY = ("duckdb", "pyarrow", "deltalake", "dbt", "great_expectations", "prefect", "pandas")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without settings, and the language put back."""
    before = current_language()
    for name in list(os.environ):
        if name.startswith("CREDITLAKE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield  # type: ignore[misc]
    set_language(before)


def test_every_command_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    tree = application.build()
    names = [
        f"{name} {sub}" if sub else name
        for name, command in tree.commands.items()
        for sub in (getattr(command, "commands", None) or {"": None})
    ]
    assert sorted(names) == sorted(COMMANDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_in_the_chosen_language(
    command: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line([*command.split(), "--help", "--lang", language]) == ExitCode.OK
    shown = capsys.readouterr().out
    example = "示例" if language == "zh" else "Example"
    assert re.search(rf"{example}.*creditlake {command}", shown), shown
    assert bool(CHINESE.search(shown)) == (language == "zh")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from creditlake.cli import run_command_line; run_command_line(['--help']); "
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["run", "--dorp", "x"], "--drop"),
        (["contract", "show"], "CONTRACT"),
        (["example", "--enterprises", "many"], "--enterprises 的值不对：“many”不是数字"),
        (["example", "--enterprises", "0"], "--enterprises 的值不对：0 小于最小值 1"),
        (["release", "as-of", "2026-13-01", "X"], "“2026-13-01”不是这样写的日期：YYYY-MM-DD"),
        (["quarantine"], "creditlake quarantine --help"),
        (["status", "--lang", "fr"], "--lang 的值不对：“fr”不在可选的值中（zh, en）"),
    ],
)
def test_usage_errors_name_the_remedy(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(arguments) == ExitCode.USAGE
    message = capsys.readouterr().err
    assert said in message
    assert "--help" in message
    assert "Traceback" not in message


def test_wrong_setting_is_a_usage_error_that_names_the_places(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITLAKE_THREADS", "two")
    assert run_command_line(["status", "--lang", "en"]) == ExitCode.USAGE
    message = capsys.readouterr().err
    assert "CREDITLAKE_THREADS" in message
    assert "creditlake.toml" in message


def test_error_is_json_where_json_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["contract", "show", "no_such_contract", "--json"]) == ExitCode.TERMINAL
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == ExitCode.TERMINAL
    assert "no_such_contract" in error["message"]


def test_a_bug_is_one_message_and_a_traceback_only_when_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "build", lambda: 1 / 0)
    assert run_command_line(["status"]) == ExitCode.INTERNAL
    assert "Traceback" not in capsys.readouterr().err
    assert run_command_line(["status", "--debug"]) == ExitCode.INTERNAL
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_exit_code_follows_the_class_of_the_error() -> None:
    assert exit_code_of(TerminalError("flows.no_server")) == ExitCode.TERMINAL
    assert exit_code_of(TransientError("flows.server_slow", seconds=1)) == ExitCode.TRANSIENT


def test_language_of_option_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert invocation.wanted_language([]) == "zh"
    (tmp_path / "creditlake.toml").write_text('language = "en"', encoding="utf-8")
    assert invocation.wanted_language([]) == "en"
    monkeypatch.setenv("CREDITLAKE_LANGUAGE", "zh")
    assert invocation.wanted_language([]) == "zh"
    assert invocation.wanted_language(["run", "--lang", "en"]) == "en"
    assert invocation.wanted_language(["run", "--lang=en"]) == "en"


def test_contract_list_and_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["contract", "list", "--json"]) == ExitCode.OK
    listed = {one["contract_id"]: one["columns"] for one in json.loads(capsys.readouterr().out)}
    assert run_command_line(["contract", "show", "complaint", "--json"]) == ExitCode.OK
    assert len(json.loads(capsys.readouterr().out)["columns"]) == listed["complaint"]


def test_status_of_a_lake_that_is_not_there_yet(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run_command_line(["status", "--json", "--lake", str(tmp_path / "lake")]) == ExitCode.OK
    status = json.loads(capsys.readouterr().out)
    assert (status["files"], status["release"], status["last_run"]) == ([], None, None)
    assert not (tmp_path / "lake").exists(), "looking must not make anything"


def test_doctor_tries_a_conditional_write_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_command_line(["doctor", "--json", "--lake", str(tmp_path / "lake")]) == ExitCode.OK
    findings = json.loads(capsys.readouterr().out)
    assert len(findings) >= 7
    assert all(one["healthy"] for one in findings), findings
    assert [path for path in (tmp_path / "lake" / "runs").rglob("*") if path.is_file()] == []


def test_doctor_says_the_remedy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    assert run_command_line(["doctor", "--json", "--lang", "en", "--lake", str(tmp_path / "file")]) == ExitCode.TERMINAL
    sick = [one for one in json.loads(capsys.readouterr().out) if not one["healthy"]]
    assert sick
    assert all(one["remedy"] for one in sick)


def test_times_in_tables_are_in_beijing_time(capsys: pytest.CaptureFixture[str]) -> None:
    # 16:30 UTC is half past midnight of the day after in Beijing: the day on which windows end.
    evening = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)
    show_plain_table("", ["发布时间"], [[evening]])
    assert "2026-11-27 00:30" in capsys.readouterr().out
