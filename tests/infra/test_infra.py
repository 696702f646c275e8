"""The files of ``infra/``: their command lines are the program's own, and they run, without containers."""

from __future__ import annotations

import configparser
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from flows.schedule import SCHEDULE
from flows.serve import server_command
from lake.settings import Settings

INFRA = Path(__file__).parents[2] / "infra"
SECONDS = 240


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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A real receiver of alerts over HTTP."""
    received: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_address[1]}/alerts", received
    server.shutdown()


@contextmanager
def mailbox() -> Iterator[tuple[str, list[str]]]:
    """A real receiver of alerts over SMTP: as much of the protocol as ``smtplib`` speaks."""
    mails: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def converse(connection: socket.socket) -> None:
        with connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 mailbox\r\n")
            for line in stream:
                word = line.strip().upper()
                if word == b"DATA":
                    stream.write(b"354 go\r\n")
                    mails.append("".join(text.decode() for text in iter(stream.readline, b".\r\n")))
                stream.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port = listener.getsockname()[1]
    yield (
        f"mailto://127.0.0.1:{port}?smtp=127.0.0.1&from=lake@bureau.example&to=duty@bureau.example&mode=insecure",
        mails,
    )
    listener.close()


def test_mailbox_takes_mail() -> None:
    """The receiver itself is sound: a test that waits for mail must not fail because of it."""
    with mailbox() as (address, mails):
        port = int(address.split(":")[2].split("?")[0])
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("a@b.example", ["c@d.example"], "Subject: x\r\n\r\nbody")
        assert "body" in mails[0]


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def wait_until(holds: object, log: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if holds():  # type: ignore[operator]
            return
        time.sleep(0.5)
    raise AssertionError(log.read_text(errors="replace")[-4000:])


@pytest.mark.full
def test_server_and_worker_run_and_a_failed_run_raises_alerts(tmp_path: Path) -> None:
    """The units' command lines: schedule, pause, a failing run, mail and webhook."""
    port, log = free_port(), tmp_path / "log"
    api = f"http://127.0.0.1:{port}/api"
    binaries = Path(sys.executable).parent
    (tmp_path / "sources").mkdir()
    with webhook() as (hook, received), mailbox() as (mail, mails):
        environment = {
            **os.environ,
            "CREDITLAKE_LAKE_URL": str(tmp_path / "lake"),
            "CREDITLAKE_WORK_DIR": str(tmp_path / "work"),
            "CREDITLAKE_SOURCES": str(tmp_path / "sources"),
            "CREDITLAKE_ALERTS": json.dumps([hook, mail]),
            "CREDITLAKE_LANGUAGE": "en",
            "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }
        server = [str(binaries / command_of_unit("server")[0]), *command_of_unit("server")[1:]]
        server[server.index("4200")] = str(port)
        worker = [str(binaries / command_of_unit("worker")[0]), *command_of_unit("worker")[1:]]
        with running(server, environment, log) as serving:
            wait_until(lambda: answers(f"{api}/health"), log, serving)
            environment["PREFECT_API_URL"] = api
            with running(worker, environment, log) as working:
                creditlake = [str(binaries / "creditlake"), "schedule"]
                wait_until(lambda: "Schedule server" in log.read_text(), log, working)
                subprocess.run([*creditlake, "pause", "intake"], env=environment, check=True)
                listed = subprocess.run(
                    [*creditlake, "list", "--json"], env=environment, check=True, capture_output=True
                )
                states = {one["name"]: one["state"] for one in json.loads(listed.stdout)}
                assert states == {one.name: "paused" if one.name == "intake" else "active" for one in SCHEDULE}
                # No declared source has a way in: the job has nothing to take from, and a person must be told.
                prefect = [str(binaries / "prefect"), "deployment", "run", "scheduled-job/main-job"]
                subprocess.run(prefect, env=environment, check=True, capture_output=True)
                wait_until(lambda: received and mails, log, working)
    assert "main-job" in received[0]["title"]
    assert "way_in" in received[0]["message"]
    assert "main-job" in mails[0]


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True
