"""Progress on stderr: a bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from creditlake.rendering import error_console
from lake.messages import catalogue, current_language, text
from lake.progress import Progress as ProgressProtocol

SECONDS_BETWEEN_LINES = 5.0


def step_label(step: str) -> str:
    """What people call a step: its text in the catalogue (``step`` or ``flows.step_<step>``), else ``step`` itself."""
    messages = catalogue(current_language())
    return messages.get(step) or messages.get(f"flows.step_{step}") or step


class LineProgress:
    """One line when a step starts, at most one every few seconds while it runs, one with its seconds when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._label = ""
        self._total: int | None = None
        self._count = 0
        self._started = self._last_line = 0.0

    def start(self, step: str, total: int | None = None) -> None:
        """Begin ``step`` of ``total`` pieces, ``None`` when their number is not known."""
        self._label, self._total, self._count = step_label(step), total, 0
        self._started = self._last_line = time.monotonic()
        self._line(text("cli.progress_start", step=self._label))

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Count ``amount`` more pieces; ``detail`` names the last."""
        self._count += amount
        if time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            counted = f"{self._count:,}" if self._total is None else f"{self._count:,}/{self._total:,}"
            self._line(text("cli.progress_at", step=self._label, counted=counted, detail=detail))

    def done(self) -> None:
        """End the step."""
        self._line(text("cli.progress_done", step=self._label, seconds=f"{time.monotonic() - self._started:.1f}"))

    def _line(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


class BarProgress:
    """A bar per step, kept on the screen when the step has ended."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[detail]}"),
            console=console,
        )
        self._task = self._bars.add_task("", visible=False, detail="")

    def __enter__(self) -> BarProgress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def start(self, step: str, total: int | None = None) -> None:
        """Begin ``step`` of ``total`` pieces, ``None`` when their number is not known."""
        self._task = self._bars.add_task(step_label(step), total=total, detail="")

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Count ``amount`` more pieces; ``detail`` names the last."""
        self._bars.update(self._task, advance=amount, detail=detail)

    def done(self) -> None:
        """End the step."""
        task = self._bars.tasks[-1]
        total = task.total if task.total is not None else max(task.completed, 1)
        self._bars.update(self._task, total=total, completed=total, detail="")


@contextmanager
def shown() -> Iterator[ProgressProtocol]:
    """The progress display that fits where stderr goes."""
    console = error_console()
    if not console.is_terminal:
        yield LineProgress(console)
        return
    with BarProgress(console) as bars:
        yield bars
