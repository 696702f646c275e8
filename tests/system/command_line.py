"""The command line in this process: the function behind the ``creditlake`` command, with what it prints and returns."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from creditlake.cli import run_command_line


@dataclass(frozen=True)
class Outcome:
    """What one call gave."""

    exit_code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        """Everything a person saw, line breaks of narrow terminals taken out."""
        return self.output + self.errors


def call(*arguments: str | Path) -> Outcome:
    """Run one command in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        exit_code = run_command_line([str(argument) for argument in arguments])
    return Outcome(exit_code, output.getvalue(), errors.getvalue())


def call_outside(*arguments: str | Path, **variables: str) -> Outcome:
    """Run one command as a process of its own, as a shell would."""
    command = [sys.executable, "-m", "creditlake", *(str(argument) for argument in arguments)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)
