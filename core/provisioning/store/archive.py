"""One moment of a SQLite journal, as it is read by whoever wants all of it."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from provisioning.contract.events import Event
from provisioning.contract.journal import OperationRecord, RunRecord
from provisioning.contract.rows import Row, Unreadable, as_document, as_event, as_id, as_operation, as_run
from provisioning.store import faults, queries
from provisioning.store.connection import can_write, check_current, connect_reader, version_of
from provisioning.store.lease import find_run

__all__ = ["SqliteArchive", "open_archive"]

T = TypeVar("T")


def open_archive(path: Path, *, busy_timeout: float = 10.0) -> "SqliteArchive":
    """Open the journal at `path`, of this version, as it is now. Raises any `JournalError`."""
    path = path.absolute()
    with faults.translated(path):
        connection = connect_reader(path, busy_timeout=busy_timeout, writable=can_write(path))
        try:
            check_current(connection, path)
            connection.execute("BEGIN")
            connection.execute(queries.FIND_LAST_SEQUENCE).fetchone()  # the moment is that of the first read
        except BaseException:
            connection.close()
            raise
    return SqliteArchive(connection, path)


class SqliteArchive:
    """A `provisioning.contract.Archive` over a connection in a read transaction, which it closes."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @property
    def installation_id(self) -> str:
        """The journal's own id."""
        with faults.translated(self._path):
            return as_id(self._connection.execute(queries.FIND_META, ("installation_id",)).fetchone())

    @property
    def schema_version(self) -> int:
        """The number of the format in which the journal is kept."""
        return version_of(self._connection)

    @property
    def last_sequence(self) -> int:
        """The sequence of the newest event that there has been, deleted or not."""
        with faults.translated(self._path):
            return int(self._connection.execute(queries.FIND_LAST_SEQUENCE).fetchone()[0])

    def list_runs(self) -> Iterator[RunRecord]:
        """Yield all runs, the oldest first."""
        return self._read(as_run, queries.LIST_RUNS_OLDEST_FIRST, {})

    def get_run(self, workflow_id: str) -> RunRecord:
        """Return one run, or raise `RunNotFound`."""
        with faults.translated(self._path):
            return as_run(find_run(self._connection, workflow_id))

    def get_document(self, workflow_id: str) -> Mapping[str, Any]:
        """Return the document of a run; raise `JournalCorrupt` when it is not there."""
        with faults.translated(self._path):
            row: Row | None = self._connection.execute(queries.FIND_DOCUMENT, (workflow_id,)).fetchone()
            if row is None:
                raise Unreadable(f"run {workflow_id}: its document is missing")
            return as_document(*row)

    def list_operations(self, workflow_id: str) -> Iterator[OperationRecord]:
        """Yield the operations of a run that have begun, in the order of their intents."""
        wanted = {"workflow_id": workflow_id, "start": 0, "states": None, "limit": -1}
        return self._read(as_operation, queries.LIST_OPERATIONS, wanted)

    def list_events(self, workflow_id: str | None = None, *, kind: str | None = None) -> Iterator[Event]:
        """Yield events, oldest first: of one run or of all, of one kind or of all."""
        wanted = {"workflow_id": workflow_id, "kind": kind}
        if workflow_id is None:
            return self._read(as_event, queries.LIST_ALL_EVENTS, wanted)
        return self._read(as_event, queries.LIST_ALL_EVENTS_OF_RUN, wanted)

    def close(self) -> None:
        """Let go of the moment."""
        self._connection.close()

    def _read(self, decode: Callable[[Row], T], query: str, wanted: Mapping[str, object]) -> Iterator[T]:
        with faults.translated(self._path):
            for row in self._connection.execute(query, wanted):
                yield decode(row)
