"""The files of ``infra/``: their command lines are the program's own, and they run, without containers."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import smtplib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import example_region
from flows.schedule import SCHEDULE, feed_limit
from flows.serve import server_command
from lake.settings import Settings
from tests.infra.receivers import mailbox, webhook
from tests.servers import PostgreSQL, free_port, running, seaweedfs_ports, wait_until

INFRA = Path(__file__).parents[2] / "infra"
SECONDS = 240
LATE_SECONDS = 15


def compose() -> dict[str, dict[str, object]]:
    return yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))["services"]


def unit(name: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(INFRA / "systemd" / f"creditlake-{name}.service", encoding="utf-8")
    return parser["Service"]


def command_of_unit(name: str) -> list[str]:
    """The unit's command with the installation's folder taken off."""
    words = unit(name)["ExecStart"].split()
    return [words[0].removeprefix("/opt/creditlake/.venv/bin/"), *words[1:]]


def test_compose_and_systemd_run_the_same_programs() -> None:
    assert set(compose()) == {"objects", "database", "server", "worker"}
    for name in ("server", "worker", "objects"):
        given = [str(word) for word in compose()[name]["command"]]  # type: ignore[attr-defined]
        assert [word for word in given if not word.startswith(("-", "0.", "127."))] == [
            word for word in command_of_unit(name) if not word.startswith(("-", "0.", "127."))
        ]


def test_server_is_started_as_schedule_serve_starts_it() -> None:
    assert command_of_unit("server")[1:] == server_command("127.0.0.1", 4200)[1:]


def test_environment_example_names_only_settings_there_are() -> None:
    lines = (INFRA / "environment.example").read_text(encoding="utf-8").splitlines()
    names = {line.split("=", 1)[0] for line in lines if line and not line.startswith("#")}
    known = {f"CREDITLAKE_{(field.alias or name).upper()}" for name, field in Settings.model_fields.items()}
    assert {name for name in names if name.startswith("CREDITLAKE_")} <= known


def test_no_password_is_in_the_files() -> None:
    assert compose()["database"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD}"  # type: ignore[index]


def test_mailbox_takes_mail() -> None:
    """The receiver itself is sound: a test that waits for mail must not fail because of it."""
    with mailbox() as (address, mails):
        port = int(address.split(":")[2].split("?")[0])
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("a@b.example", ["c@d.example"], "Subject: x\r\n\r\nbody")
        assert "body" in mails[0]


@pytest.mark.full
def test_the_whole_site_runs_and_tells_of_failed_and_late_runs(site: Site) -> None:
    """The units' command lines on one machine: object store, PostgreSQL, server, worker; what an engineer then does."""
    with ExitStack() as parts:
        site.start(parts, "objects", "-dir=/var/lib/creditlake/objects", f"-dir={site.folder / 'objects'}")
        serving = site.start(parts, "server", "4200", str(site.ports["server"]))
        wait_until(lambda: answers(f"{site.api}/health"), SECONDS, serving, site.log)
        worker = ExitStack()
        with worker:
            working = site.start(worker, "worker")
            wait_until(lambda: "Schedule server" in site.log.read_text(), SECONDS, working, site.log)
            assert_schedule_can_be_paused(site)
            assert_intake_takes_files(site, working)
            # No declared source has a way in: the nightly job has nothing to take from, and a person must be told.
            site.prefect("deployment", "run", "scheduled-job/main-job")
            wait_until(lambda: site.told("main-job", "Failed"), SECONDS, working, site.log)
        site.prefect("deployment", "run", "verify-release/verify-release")
        wait_until(lambda: site.told("verify-release", "Late"), SECONDS, serving, site.log)
        assert any("way_in" in alert["message"] for alert in site.hooked)
        assert site.database.query("select bool_or(state_type = 'FAILED') from flow_run") == "t"
    assert list((site.folder / "prefect").glob("*.db*")) == [], "Prefect kept its state in SQLite"


def assert_schedule_can_be_paused(site: Site) -> None:
    for command, state in (("pause", "paused"), ("resume", "active")):
        site.creditlake("schedule", command, "intake")
        states = {one["name"]: one["state"] for one in json.loads(site.creditlake("schedule", "list", "--json"))}
        assert states == {one.name: state if one.name == "intake" else "active" for one in SCHEDULE}


def assert_intake_takes_files(site: Site, working: subprocess.Popen[bytes]) -> None:
    """One feed through the worker, another by ``backfill``; each feed has the limit that lets one run of it go on."""
    drop = site.folder / "drop"
    example_region.generate(drop, enterprises=120, seed=1)
    customs, price = drop / "customs", drop / "price" / "complaint"
    (site.folder / "customs").mkdir()
    shutil.move(customs, site.folder / "customs")
    site.prefect("deployment", "run", "scheduled-job/intake", "--param", f"drop={site.folder / 'customs'}")
    wait_until(lambda: site.taken("customs"), SECONDS, working, site.log)
    chosen = ("--system", "price", "--contract", "complaint", "--from", "2000-01-01", "--to", "2099-12-31")
    site.creditlake("schedule", "backfill", *chosen, "--drop", str(drop))
    assert site.taken("price") == {f"price/complaint/{file.name}" for file in price.iterdir()}
    limits = json.loads(site.prefect("global-concurrency-limit", "ls", "--output", "json"))
    assert feed_limit("customs", "list_entry") in {limit["name"] for limit in limits if limit["limit"] == 1}


@dataclass
class Site:
    """One machine that runs ``infra/``: its environment file filled in, its ports and folders this test's own."""

    folder: Path
    database: PostgreSQL
    ports: dict[str, int]
    environment: dict[str, str]
    hooked: list[dict[str, str]]
    mails: list[str]

    @property
    def log(self) -> Path:
        """What all parts print."""
        return self.folder / "log"

    @property
    def api(self) -> str:
        """Address of the Prefect server, as the worker's unit gives it."""
        given = unit("worker")["Environment"].removeprefix("PREFECT_API_URL=")
        return given.replace("4200", str(self.ports["server"]))

    def start(self, parts: ExitStack, name: str, *replaced: str) -> subprocess.Popen[bytes]:
        """Run a unit's command with words replaced, pairwise."""
        words = dict(zip(replaced[::2], replaced[1::2], strict=True))
        assert set(words) <= set(command_of_unit(name))
        first, *rest = [words.get(word, word) for word in command_of_unit(name)]
        if name == "objects":
            rest = [word for word in rest if not word.startswith("-s3.port=")] + seaweedfs_ports(self.ports["objects"])
            Path(self.folder / "objects").mkdir()
        environment = {**self.environment, **({"PREFECT_API_URL": self.api} if name == "worker" else {})}
        command = [str(Path(sys.executable).parent / first), *rest]
        return parts.enter_context(running(command, environment, self.log))

    def creditlake(self, *arguments: str) -> str:
        """Output of a command of an engineer's shell."""
        return self._call("creditlake", *arguments)

    def prefect(self, *arguments: str) -> str:
        """Output of Prefect's own command line."""
        return self._call("prefect", *arguments)

    def told(self, deployment: str, state: str) -> bool:
        """Whether both addresses have been told of a run of ``deployment`` in ``state``."""
        words = f"creditlake: {deployment} {state}"
        return any(words in alert["title"] for alert in self.hooked) and any(words in mail for mail in self.mails)

    def taken(self, system: str) -> set[str]:
        """Files of a system that are in the lake."""
        files = json.loads(self.creditlake("status", "--json"))["files"]
        return {file["path"] for file in files if file["path"].startswith(f"{system}/")}

    def _call(self, program: str, *arguments: str) -> str:
        command = [str(Path(sys.executable).parent / program), *arguments]
        environment = {**self.environment, "PREFECT_API_URL": self.api}
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def site(tmp_path: Path, postgresql: PostgreSQL) -> Iterator[Site]:
    """``environment.example`` filled in for this test."""
    ports = {"objects": free_port(), "server": free_port()}
    lines = (INFRA / "environment.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    with webhook() as (hook, hooked), mailbox() as (mail, mails):
        given |= {
            "AWS_ACCESS_KEY_ID": "site",
            "AWS_SECRET_ACCESS_KEY": "site-secret",
            "CREDITLAKE_S3_ENDPOINT": given["CREDITLAKE_S3_ENDPOINT"].replace(
                "objects:8333", f"127.0.0.1:{ports['objects']}"
            ),
            "CREDITLAKE_WORK_DIR": str(tmp_path / "work"),
            "CREDITLAKE_SOURCES": str(INFRA.parent / "connectors" / "sources"),
            "CREDITLAKE_ALERTS": json.dumps([hook, mail]),
            "PREFECT_API_DATABASE_CONNECTION_URL": given["PREFECT_API_DATABASE_CONNECTION_URL"]
            .replace("password", postgresql.password)
            .replace("database:5432", f"127.0.0.1:{postgresql.port}"),
            "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": str(LATE_SECONDS),
        }
        here = {"CREDITLAKE_LANGUAGE": "en", "PREFECT_HOME": str(tmp_path / "prefect")}
        yield Site(tmp_path, postgresql, ports, {**os.environ, **given, **here}, hooked, mails)


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True
