"""One moment of a journal on PostgreSQL, as it is read by whoever wants all of it."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, TypeVar

import psycopg

from provisioning.contract.events import Event
from provisioning.contract.journal import Archive, NewEvent, OperationRecord, RunRecord
from provisioning.contract.lease import unknown_run
from provisioning.contract.moving import not_empty
from provisioning.contract.rows import (
    Row,
    Unreadable,
    as_document,
    as_event,
    as_id,
    as_operation,
    as_run,
    document_row,
    event_columns,
    operation_row,
    run_row,
)
from provisioning_postgres import faults, queries
from provisioning_postgres.schema import VERSION

__all__ = ["PostgresArchive", "take_in"]

T = TypeVar("T")

STRETCH = 1000
"""How many rows are fetched at once."""


class PostgresArchive:
    """A `provisioning.contract.Archive` over a connection that it takes, puts into one snapshot, and closes."""

    def __init__(self, connection: psycopg.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._names = count(1)
        with faults.translated(name):
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            row = connection.execute("SELECT last_place()").fetchone()
        assert row is not None  # noqa: S101 - a SELECT without FROM has one row
        self._last = int(row[0])

    @property
    def installation_id(self) -> str:
        """The journal's own id."""
        with faults.translated(self._name):
            return as_id(self._connection.execute(queries.FIND_META, ("installation_id",)).fetchone())

    @property
    def schema_version(self) -> int:
        """The number of the format in which the journal is kept."""
        return VERSION

    @property
    def last_sequence(self) -> int:
        """The sequence of the newest event that there has been, deleted or not."""
        return self._last

    def list_runs(self) -> Iterator[RunRecord]:
        """Yield all runs, the oldest first."""
        return self._read(as_run, queries.LIST_RUNS_OLDEST_FIRST, {})

    def get_run(self, workflow_id: str) -> RunRecord:
        """Return one run, or raise `RunNotFound`."""
        with faults.translated(self._name):
            row = self._connection.execute(queries.FIND_RUN, (workflow_id,)).fetchone()
            if row is None:
                raise unknown_run(workflow_id)
            return as_run(row)

    def get_document(self, workflow_id: str) -> Mapping[str, Any]:
        """Return the document of a run; raise `JournalCorrupt` when it is not there."""
        with faults.translated(self._name):
            row = self._connection.execute(queries.FIND_DOCUMENT, (workflow_id,)).fetchone()
            if row is None:
                raise Unreadable(f"run {workflow_id}: its document is missing")
            return as_document(bytes(row[0]))

    def list_operations(self, workflow_id: str) -> Iterator[OperationRecord]:
        """Yield the operations of a run that have begun, in the order of their intents."""
        return self._read(as_operation, queries.LIST_ALL_OPERATIONS, {"workflow_id": workflow_id})

    def list_events(self, workflow_id: str | None = None, *, kind: str | None = None) -> Iterator[Event]:
        """Yield events, oldest first: of one run or of all, of one kind or of all."""
        return self._read(as_event, queries.LIST_ALL_EVENTS, {"workflow_id": workflow_id, "kind": kind})

    def close(self) -> None:
        """Let go of the moment."""
        self._connection.close()

    def _read(self, decode: Callable[[Row], T], query: str, wanted: Mapping[str, object]) -> Iterator[T]:
        with faults.translated(self._name), self._connection.cursor(f"stretch_{next(self._names)}") as cursor:
            cursor.itersize = STRETCH
            cursor.execute(query.encode(), wanted)
            for row in cursor:
                yield decode(row)


def take_in(connection: psycopg.Connection, archive: Archive, name: str) -> None:
    """Write all of `archive` inside a transaction; raise `JournalError` when the journal holds a run."""
    if connection.execute("SELECT 1 FROM runs LIMIT 1").fetchone() is not None:
        raise not_empty(name)
    cursor = connection.cursor()
    for run in archive.list_runs():
        row = cursor.execute(queries.TAKE_IN_RUN.encode(), run_row(run)).fetchone()
        assert row is not None  # noqa: S101 - it returns what it wrote
        number = int(row[0])
        cursor.execute(queries.ADD_DOCUMENT, (number, document_row(archive.get_document(run.workflow_id))))
        operations = archive.list_operations(run.workflow_id)
        cursor.executemany(queries.PUT_OPERATION, (operation_row(number, record) for record in operations))
        cursor.executemany(
            queries.ADD_EVENT,
            (
                (event.sequence, number, kind, event.at, operation_id, data)
                for event in archive.list_events(run.workflow_id)
                for kind, operation_id, data in [event_columns(NewEvent(event.kind, event.operation_id, event.data))]
            ),
        )
    cursor.execute(queries.PUT_META, ("installation_id", archive.installation_id))
    if archive.last_sequence:
        cursor.execute(queries.SET_PLACE, (archive.last_sequence,))
