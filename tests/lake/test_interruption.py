"""Ctrl-C ends the work, also where a library swallows it."""

from __future__ import annotations

import subprocess
import sys

SWALLOWED = """
import os, signal
from lake import interruption
interruption.listen()
interruption.end_if_asked()
print("goes on")
try:
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
except KeyboardInterrupt:
    pass
interruption.end_if_asked()
"""


def test_a_swallowed_ctrl_c_ends_the_work_at_the_next_step() -> None:
    command = ["env", "--default-signal=INT", sys.executable, "-c", SWALLOWED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.strip().endswith("KeyboardInterrupt")
    assert done.stdout == "goes on\n"
