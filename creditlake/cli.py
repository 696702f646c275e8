"""The entry point: choose the language, run the command, turn what went wrong into one message and an exit code."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from creditlake import invocation
from creditlake.exit_codes import ExitCode
from lake import interruption
from lake.messages import set_language


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    interruption.listen()
    code = run_command_line()
    # The engines' native threads now and then abort a process whose interpreter is being torn down; all work is done by
    # then, so what Python would still run is run here and the teardown is left out.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run_command_line(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and never raises but for ``--debug``, which shows the traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    set_language(invocation.wanted_language(given))
    call = invocation.begin(given)
    from creditlake import application, failures

    try:
        return int(application.build().main(args=given, prog_name="creditlake", standalone_mode=False) or ExitCode.OK)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): no output can reach anyone, and a second error must not follow.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except (Exception, KeyboardInterrupt) as error:
        return failures.report(KeyboardInterrupt() if interruption.was_asked() else error, call)
