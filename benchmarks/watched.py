"""One measured thing in a process of its own, with the memory of its whole process tree."""

from __future__ import annotations

import json
import subprocess
import threading
import time

import psutil


def measured(python: str, module: str, *arguments: str) -> dict[str, float]:
    """What ``python -m module arguments`` prints as its last line, and ``peak_megabytes``, resident in all its processes."""
    process = subprocess.Popen([python, "-m", module, *arguments], stdout=subprocess.PIPE)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return {**json.loads(output.splitlines()[-1]), "peak_megabytes": peak[0]}


def _watch(pid: int, peak: list[float]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            tree = [root, *root.children(recursive=True)]
            peak[0] = max(peak[0], sum(one.memory_info().rss for one in tree) / 1e6)
            time.sleep(0.05)
    except psutil.NoSuchProcess:
        return
