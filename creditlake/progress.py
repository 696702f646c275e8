"""Progress on stderr: a bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from creditlake.rendering import error_console
from lake.messages import catalogue, current_language, text

SECONDS_BETWEEN_LINES = 5.0


def step_label(step: str) -> str:
    """What people call a step: its text in the catalogue (``step`` or ``flows.step_<step>``), else ``step`` itself."""
    messages = catalogue(current_language())
    return messages.get(step) or messages.get(f"flows.step_{step}") or step


@dataclass
class Running:
    """A step that has started and not ended: its label, pieces and start (seconds of the monotonic clock)."""

    label: str
    total: int | None
    started: float
    count: int = 0


class LineProgress:
    """One line when a step starts, at most one every few seconds while it runs, one with its seconds when it ends.

    Steps may lie within steps; what is counted is always the innermost.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._running: list[Running] = []
        self._last_line = 0.0

    def start(self, step: str, total: int | None = None) -> None:
        """Begin ``step`` of ``total`` pieces, ``None`` when their number is not known."""
        self._running.append(Running(step_label(step), total, time.monotonic()))
        self._line(text("cli.progress_start", step=self._running[-1].label))

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Count ``amount`` more pieces; ``detail`` names the last."""
        if not self._running:
            return
        step = self._running[-1]
        step.count += amount
        if time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            counted = f"{step.count:,}" if step.total is None else f"{step.count:,}/{step.total:,}"
            self._line(text("cli.progress_at", step=step.label, counted=counted, detail=detail))

    def done(self) -> None:
        """End the innermost step."""
        if self._running:
            step = self._running.pop()
            seconds = f"{time.monotonic() - step.started:.1f}"
            self._line(text("cli.progress_done", step=step.label, seconds=seconds))

    def note(self, line: str) -> None:
        """Say something that is no step."""
        self._line(line)

    def _line(self, line: str) -> None:
        self._last_line = time.monotonic()
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
        self._running: list[TaskID] = []

    def __enter__(self) -> BarProgress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def start(self, step: str, total: int | None = None) -> None:
        """Begin ``step`` of ``total`` pieces, ``None`` when their number is not known."""
        label = "  " * len(self._running) + escape(step_label(step))
        self._running.append(self._bars.add_task(label, total=total, detail=""))

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Count ``amount`` more pieces; ``detail`` names the last."""
        if self._running:
            self._bars.update(self._running[-1], advance=amount, detail=escape(detail))

    def done(self) -> None:
        """End the innermost step."""
        if not self._running:
            return
        ended = self._running.pop()
        task = next(task for task in self._bars.tasks if task.id == ended)
        total = task.total if task.total is not None else max(task.completed, 1)
        self._bars.update(ended, total=total, completed=total, detail="")

    def note(self, line: str) -> None:
        """Say something that is no step."""
        self._bars.console.print(line, markup=False)


@contextmanager
def shown() -> Iterator[LineProgress | BarProgress]:
    """The progress display that fits where stderr goes."""
    console = error_console()
    if not console.is_terminal:
        yield LineProgress(console)
        return
    with BarProgress(console) as bars:
        yield bars
