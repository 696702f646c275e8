"""A publisher in a process of its own, for faults: ``python -m tests.publication.publisher LAKE MODELS [options]``.

``--kill-each`` kills a publisher with SIGKILL right before its first storage write, the next one before its second, and so on
until one lives, and says after each what readers see; ``--meet FILE`` waits after staging until FILE exists, so that
two publishers are sure to race.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import BinaryIO

from lake.disk_storage import DiskStorage
from lake.errors import TerminalError
from lake.progress import Silent
from lake.settings import load_settings
from publication import publish, verify_release
from publication.publish import Options


class DyingStorage(DiskStorage):
    """Writes to the disk until its last write, before which the process is killed."""

    writes_left = 0

    def _write(self) -> None:
        if self.writes_left == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        self.writes_left -= 1

    def put_if_absent(self, path: str, data: bytes | BinaryIO) -> bool:
        self._write()
        return super().put_if_absent(path, data)

    def adopt(self, file: Path, path: str) -> bool:
        self._write()
        return super().adopt(file, path)

    def replace_if(self, path: str, data: bytes, etag: str | None) -> str:
        self._write()
        return super().replace_if(path, data, etag)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def kill_each(storage: DyingStorage, run: Callable[[], object]) -> int:
    """Writes a line per dead publisher: what the current release is then and whether it is whole."""
    for number in count(1):
        child = os.fork()
        if child == 0:
            storage.writes_left = number
            run()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        seen = verify_release(storage)
        say(f"{signal.Signals(os.WTERMSIG(status)).name} {seen.version} {seen.ok}")
    return 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("lake")
    parser.add_argument("models", type=Path)
    parser.add_argument("--kill-each", action="store_true")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--meet", type=Path)
    arguments = parser.parse_args()
    settings = load_settings(lake_url=arguments.lake, work_dir=arguments.work, threads=1)
    storage = DyingStorage(settings, str(Path(arguments.lake).absolute()))
    options = Options(models_folder=arguments.models)
    if arguments.kill_each:
        return kill_each(storage, lambda: publish(settings, storage, "fault", Silent(), options=options))

    def meet(_: object) -> tuple[str, ...]:
        if arguments.meet:
            say("staged")
            while not arguments.meet.exists():
                time.sleep(0.01)
        return ()

    try:
        publish(settings, storage, "fault", Silent(), meet, options=options)
    except TerminalError as error:
        say(f"{error.code} {error}")
        return 1
    say("published")
    return 0


if __name__ == "__main__":
    sys.exit(main())
