"""What the tests of the journal share: a clock that stands still, short ways to runs and records, another process."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from provisioning.contract import Batch, EventKind, NewEvent, NewRun, OperationRecord, OperationState
from provisioning.contract.holder import this_holder
from provisioning.store import SqliteJournal
from provisioning.store.writer import SqliteRunWriter
from provisioning_postgres.journal import PostgresJournal
from provisioning_postgres.writer import PostgresRunWriter

AnyJournal = SqliteJournal | PostgresJournal
AnyWriter = SqliteRunWriter | PostgresRunWriter


class Open(Protocol):
    """Opens the journal of a test, wherever it is kept."""

    def __call__(self, clock: Callable[[], float] | None = None, *, poll_interval: float = 0.01) -> AnyJournal:
        """Open it once more."""
        ...


@dataclass
class Clock:
    """Seconds since the epoch, as a test says."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        """Read the clock."""
        return self.now


class Fresh(Protocol):
    """Opens a journal of its own each time, and closes it again."""

    def __call__(self, clock: Callable[[], float] | None = None) -> AbstractContextManager[AnyJournal]:
        """Open one."""
        ...


def new_run(workflow_id: str = "wf-1", *, digest: str = "d1", total: int = 2) -> NewRun:
    """Return a run to record; two with one digest are the same."""
    return NewRun(workflow_id, f"name of {workflow_id}", {"operations": [{"id": "web"}]}, digest, total)


def driven(journal: AnyJournal, workflow_id: str = "wf-1") -> AnyWriter:
    """Record a run and take its lease."""
    journal.create_run(new_run(workflow_id))
    return journal.acquire(workflow_id, this_holder())


def started(position: int, operation_id: str | None = None) -> OperationRecord:
    """Return an operation whose intent is to be recorded."""
    return OperationRecord(operation_id or f"op-{position}", "server_create", OperationState.STARTED, position)


def one_step(position: int) -> Batch:
    """Return a batch with one operation and one event."""
    record = started(position)
    return Batch([record], [NewEvent(EventKind.OPERATION_STARTED, record.operation_id)])


_CHILD = """
import sys
from pathlib import Path
from provisioning.contract import *
from provisioning.contract.holder import *
from provisioning.store import *
from tests.store.scene import *
from provisioning_postgres import journal as postgres
place = sys.argv[1]
path = Path(place)
open_here = lambda: postgres.open_journal(place) if place.startswith("postgresql:") else open_journal(path)
"""

_ROOT = Path(__file__).parents[2]


@contextmanager
def another_process(place: Path | str, code: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run code in another process until it prints a line, and yield it with that line; it is killed at the end."""
    command = [sys.executable, "-c", f"{_CHILD}{code}\nsys.stdout.flush()\nsys.stdin.read()", str(place)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()
