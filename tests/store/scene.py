"""What the tests of the journal share: a clock that stands still, short ways to runs and records, another process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioning.contract import Batch, EventKind, NewEvent, NewRun, OperationRecord, OperationState
from provisioning.store import SqliteJournal, this_holder
from provisioning.store.writer import SqliteRunWriter


@dataclass
class Clock:
    """Seconds since the epoch, as a test says."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        """Read the clock."""
        return self.now


def new_run(workflow_id: str = "wf-1", *, digest: str = "d1", total: int = 2) -> NewRun:
    """Return a run to record; two with one digest are the same."""
    return NewRun(workflow_id, f"name of {workflow_id}", {"operations": [{"id": "web"}]}, digest, total)


def driven(journal: SqliteJournal, workflow_id: str = "wf-1") -> SqliteRunWriter:
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
from provisioning.store import *
from tests.store.scene import *
path = Path(sys.argv[1])
"""

_ROOT = Path(__file__).parents[2]


@contextmanager
def another_process(path: Path, code: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run code in another process until it prints a line, and yield it with that line; it is killed at the end."""
    command = [sys.executable, "-c", f"{_CHILD}{code}\nsys.stdout.flush()\nsys.stdin.read()", str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()
