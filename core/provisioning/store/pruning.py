"""Pruning: runs that are over and hold nothing are forgotten, each one whole.

A run holds what its operations created and nobody is known to have deleted, and whatever is still to be settled or
undone: forgetting it would turn a server into an orphan.
"""

import sqlite3
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioning.contract.events import EventKind
from provisioning.contract.holder import is_dead
from provisioning.contract.journal import Archive, OperationState, RunRecord, RunState
from provisioning.contract.lease import is_driven
from provisioning.contract.operation import Resource
from provisioning.contract.rows import as_run
from provisioning.store import faults, queries
from provisioning.store.archive import open_archive
from provisioning.store.connection import check_current, connect_writer

__all__ = ["OVER", "Candidate", "candidates_in", "find_candidates", "forget", "forget_run"]

OVER = (RunState.SUCCEEDED, RunState.ROLLED_BACK)
"""The states of a run that is over: nobody would go on with it."""

_UNSETTLED = [
    state
    for state in OperationState
    if state.is_open or state in (OperationState.COMPENSATING, OperationState.COMPENSATION_FAILED)
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that is old enough to be forgotten; `holds` says in a few words each what keeps it."""

    run: RunRecord
    holds: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow_id": self.run.workflow_id,
            "name": self.run.name,
            "state": str(self.run.state),
            "operations": self.run.total,
            "events": self.run.events,
            "updated_at": self.run.updated_at,
            "holds": list(self.holds),
        }


def find_candidates(
    path: Path, *, before: float, states: Collection[RunState] = OVER, keep: int = 0, busy_timeout: float = 10.0
) -> list[Candidate]:
    """Return the candidates in a SQLite journal, as `candidates_in` does."""
    with closing(open_archive(path, busy_timeout=busy_timeout)) as archive:
        return candidates_in(archive, before=before, states=states, keep=keep)


def candidates_in(
    archive: Archive, *, before: float, states: Collection[RunState] = OVER, keep: int = 0
) -> list[Candidate]:
    """Return the runs in one of `states` that nobody drives and nothing happened to since `before`, the oldest first.

    The newest `keep` runs of the journal are left out. `before` is seconds since the epoch. Raises any `JournalError`.
    """
    runs: list[RunRecord] = []
    newest: deque[str] = deque(maxlen=keep)
    for run in archive.list_runs():
        newest.append(run.workflow_id)
        if run.updated_at < before and run.state in states and not _is_driven(run):
            runs.append(run)
    kept = set(newest)
    found = [run for run in runs if run.workflow_id not in kept]
    deletions = _deletions(archive) if found else {}
    return [Candidate(run, tuple(_holds(archive, run, deletions))) for run in found]


def _is_driven(run: RunRecord) -> bool:
    return run.lease is not None and not is_dead(run.lease.holder)


def _deletions(archive: Archive) -> Mapping[Resource, float]:
    """Return when each resource was last told to be gone; its name is left out, because not every event has it."""
    events = archive.list_events(kind=EventKind.RESOURCE_DELETED)
    return {_known_by(event.data): event.at for event in events if event.data}


def _known_by(told: Mapping[str, Any]) -> Resource:
    return Resource(str(told.get("type")), str(told.get("id")), told.get("provider"))


def _holds(archive: Archive, run: RunRecord, deletions: Mapping[Resource, float]) -> Iterator[str]:
    unsettled: list[str] = []
    for record in archive.list_operations(run.workflow_id):
        if record.state in _UNSETTLED or (record.state is OperationState.FAILED and record.compensation is not None):
            unsettled.append(f"operation {record.operation_id}, which is {record.state}")
        if record.state is OperationState.COMPENSATED:
            continue
        for resource in record.resources:
            gone_at = deletions.get(_known_by(resource.as_dict()))
            if gone_at is None or gone_at < (record.ended_at or record.started_at or 0.0):
                yield f"{resource.type} {resource.name or resource.id} of operation {record.operation_id}"
    yield from unsettled


def forget(path: Path, candidates: Sequence[Candidate], *, busy_timeout: float = 10.0) -> list[Candidate]:
    """Delete runs of a SQLite journal with everything that belongs to them, and return those that were.

    Each one is deleted in a transaction of its own, and only when nothing has happened to it since it was found.
    Raises any `JournalError`.
    """
    path = path.absolute()
    with (
        faults.translated(path),
        closing(connect_writer(path, synchronous="FULL", busy_timeout=busy_timeout)) as connection,
    ):
        check_current(connection, path)
        return [candidate for candidate in candidates if _forgotten(connection, candidate.run)]


def forget_run(connection: sqlite3.Connection, run: RunRecord) -> bool:
    """Delete a run inside a transaction, unless something has happened to it since it was read; return whether."""
    row = connection.execute(queries.FIND_RUN, (run.workflow_id,)).fetchone()
    is_same = row is not None and as_run(row) == run and not is_driven(row)
    if is_same:
        for statement in queries.FORGET_RUN:
            connection.execute(statement, row[:1])
    return is_same


def _forgotten(connection: sqlite3.Connection, run: RunRecord) -> bool:
    connection.execute("BEGIN IMMEDIATE")
    try:
        is_gone = forget_run(connection, run)
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")
    return is_gone
