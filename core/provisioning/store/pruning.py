"""Pruning: runs that are over and hold nothing are forgotten, each one whole.

A run holds what its operations created and nobody is known to have deleted, and whatever is still to be settled or
undone: forgetting it would turn a server into an orphan.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioning.contract.events import EventKind
from provisioning.contract.journal import OperationState, RunRecord, RunState
from provisioning.contract.operation import Resource
from provisioning.store import faults, queries
from provisioning.store.connection import can_write, check_current, connect_reader, connect_writer
from provisioning.store.lease import is_driven
from provisioning.store.rows import Row, as_operation, as_run

__all__ = ["OVER", "Candidate", "find_candidates", "forget"]

OVER = (RunState.SUCCEEDED, RunState.ROLLED_BACK)
"""The states of a run that is over: nobody would go on with it."""

_UNSETTLED = [
    state.value
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
    """Return the runs in one of `states` that nobody drives and nothing happened to since `before`, the oldest first.

    The newest `keep` runs of the journal are left out. `before` is seconds since the epoch. Raises any `JournalError`.
    """
    path = path.absolute()
    wanted = {"before": before, "keep": keep, "states": json.dumps([state.value for state in states])}
    with (
        faults.translated(path),
        closing(connect_reader(path, busy_timeout=busy_timeout, writable=can_write(path))) as connection,
    ):
        check_current(connection, path)
        connection.execute("BEGIN")
        rows = [row for row in connection.execute(queries.LIST_RUNS_BEFORE, wanted) if not is_driven(row)]
        deletions = _deletions(connection) if rows else {}
        return [Candidate(as_run(row), tuple(_holds(connection, row, deletions))) for row in rows]


def _deletions(connection: sqlite3.Connection) -> Mapping[Resource, float]:
    """Return when each resource was last told to be gone; its name is left out, because not every event has it."""
    rows = connection.execute(queries.LIST_EVENTS_OF_KIND, (EventKind.RESOURCE_DELETED.value,))
    return {_known_by(json.loads(data)): at for data, at in rows if data is not None}


def _known_by(told: Mapping[str, Any]) -> Resource:
    return Resource(str(told.get("type")), str(told.get("id")), told.get("provider"))


def _holds(connection: sqlite3.Connection, row: Row, deletions: Mapping[Resource, float]) -> Iterator[str]:
    wanted = {"workflow_id": row[1], "start": 0, "states": None, "limit": -1}
    for operation in connection.execute(queries.LIST_OPERATIONS_WITH_RESOURCES, wanted):
        record = as_operation(operation)
        if record.state is OperationState.COMPENSATED:
            continue
        for resource in record.resources:
            gone_at = deletions.get(_known_by(resource.as_dict()))
            if gone_at is None or gone_at < (record.ended_at or record.started_at or 0.0):
                yield f"{resource.type} {resource.name or resource.id} of operation {record.operation_id}"
    for operation_id, state in connection.execute(queries.LIST_UNSETTLED, (row[0], json.dumps(_UNSETTLED))):
        yield f"operation {operation_id}, which is {state}"


def forget(path: Path, candidates: Sequence[Candidate], *, busy_timeout: float = 10.0) -> list[Candidate]:
    """Delete runs with everything that belongs to them, and return those that were.

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


def _forgotten(connection: sqlite3.Connection, run: RunRecord) -> bool:
    connection.execute("BEGIN IMMEDIATE")
    try:
        row = connection.execute(queries.FIND_RUN, (run.workflow_id,)).fetchone()
        is_same = row is not None and as_run(row) == run and not is_driven(row)
        if is_same:
            for statement in queries.FORGET_RUN:
                connection.execute(statement, row[:1])
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")
    return is_same
