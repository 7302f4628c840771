"""Progress on a terminal: what has ended scrolls by, what runs now stands below with a bar of how far the run is."""

import time
from collections.abc import Callable
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from provisioning.contract import Event, EventKind
from provisioning.narrative.events import event_line
from provisioning.narrative.printable import as_seconds, as_text, printable

__all__ = ["LiveProgress"]

SHOWN = 10
"""How many running operations are listed; a run may have hundreds."""

STAGES = (EventKind.WORKFLOW_STARTED, EventKind.WORKFLOW_RESUMED, EventKind.ROLLBACK_STARTED)
"""Where counting begins anew; only at the start is it known how much there is to do."""

BEGUN = {EventKind.OPERATION_STARTED: "running", EventKind.COMPENSATION_STARTED: "being undone"}
GOES_ON = {EventKind.OPERATION_WAITING: "waiting", EventKind.OPERATION_RETRIED: "to be tried again"}
ENDED = {
    EventKind.OPERATION_SUCCEEDED: "green",
    EventKind.OPERATION_FAILED: "red",
    EventKind.OPERATION_SKIPPED: "dim",
    EventKind.OPERATION_COMPENSATED: "yellow",
    EventKind.COMPENSATION_FAILED: "red",
    EventKind.COMPENSATION_SKIPPED: "dim",
}


class LiveProgress:
    """Redraws itself several times a second while it is entered; `clock` gives seconds since the epoch."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.time, animated: bool = True) -> None:
        self._console = console
        self._clock = clock
        self._running: dict[str, tuple[float, str]] = {}
        self._done = 0
        self._total: int | None = None
        self._began: float | None = None
        self._spinner = Spinner("dots")
        self._live = Live(
            console=console, get_renderable=self._picture, auto_refresh=animated, refresh_per_second=8, transient=True
        )

    @classmethod
    def on_stderr(cls, *, clock: Callable[[], float]) -> Self:
        """Return one for this process's terminal."""
        return cls(Console(stderr=True, highlight=False), clock=clock)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        """Take an event into the picture, and print it above when something ended."""
        name = event.operation_id
        if self._began is None:
            self._began = event.at
        if event.kind in STAGES:
            self._done = 0
            self._total = event.data.get("operations") if event.kind == EventKind.WORKFLOW_STARTED else None
        if name is None:
            self._print(event, "bold")
        elif event.kind in BEGUN:
            self._running[name] = (event.at, f"{BEGUN[EventKind(event.kind)]} {as_text(event.data.get('kind', ''))}")
        elif event.kind in GOES_ON:
            since = self._running.get(name, (event.at, ""))[0]
            self._running[name] = (since, GOES_ON[EventKind(event.kind)])
        elif event.kind in ENDED:
            self._running.pop(name, None)
            self._done += 1
            self._print(event, ENDED[EventKind(event.kind)])
        else:
            self._print(event, "dim")

    def say(self, text: str) -> None:
        """Print a word to people above the picture."""
        self._console.print(Text(printable(text), style="yellow"))

    def _print(self, event: Event, style: str) -> None:
        self._console.print(Text(event_line(event), style=style))

    def _picture(self) -> RenderableType:
        """Return the operations that run, and the bar."""
        now = self._clock()
        running = list(self._running.items())
        table = Table.grid(padding=(0, 1))
        for name, (since, doing) in running[:SHOWN]:
            table.add_row(self._spinner, Text(printable(name), style="bold"), Text(doing), as_seconds(now - since))
        if len(running) > SHOWN:
            table.add_row("", Text(f"and {len(running) - SHOWN} more", style="dim"))
        bar = self._bar(now, len(running))
        return Group(table, bar) if running else bar

    def _bar(self, now: float, running: int) -> RenderableType:
        bar = Table.grid(padding=(0, 1))
        counts = f"{self._done}/{self._total if self._total is not None else '?'} done, {running} running"
        elapsed = as_seconds(0.0 if self._began is None else now - self._began)
        bar.add_row(ProgressBar(self._total, self._done, width=30), Text(counts), Text(elapsed, style="dim"))
        return bar
