"""The journal in one SQLite file: the door through which the rest of the house comes in."""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from provisioning.contract.checkpoint import checkpoint_at, checkpoint_now
from provisioning.contract.events import Event
from provisioning.contract.journal import (
    Archive,
    CancelMode,
    NewRun,
    OperationRecord,
    OperationState,
    RunRecord,
    RunState,
    WorkflowCheckpoint,
)
from provisioning.contract.lease import check_cancellable, check_same
from provisioning.contract.moving import moved_away
from provisioning.contract.rows import Row, as_counts, as_document, as_event, as_id, as_operation, as_run, document_row
from provisioning.store import connection as connections
from provisioning.store import faults, queries
from provisioning.store.archive import SqliteArchive, open_archive
from provisioning.store.group_commit import Change, GroupCommit
from provisioning.store.lease import find_run, take_lease
from provisioning.store.migration import migrate
from provisioning.store.pruning import forget_run
from provisioning.store.readers import Readers
from provisioning.store.schema import VERSION
from provisioning.store.tail import Tail
from provisioning.store.taking_in import take_in
from provisioning.store.writer import SqliteRunWriter

__all__ = ["SqliteJournal", "open_journal"]

T = TypeVar("T")

_STRETCH = 500
"""How many operations one read of a long list fetches; between two reads nothing is held open."""

_LISTS = {
    (False, False): queries.LIST_OPERATIONS,
    (True, False): queries.LIST_OPERATIONS_NEWEST_FIRST,
    (False, True): queries.LIST_OPERATIONS_WITH_RESOURCES,
}
"""The statement of a list by what it is to be: the newest first, only what made something."""

_FIRST, _LAST = -(2**63), 2**63 - 1


def open_journal(
    path: Path,
    *,
    clock: Callable[[], float] = time.time,
    lease_seconds: float = 30.0,
    synchronous: str = "FULL",
    create: bool = True,
    busy_timeout: float = 10.0,
    poll_interval: float = 0.1,
    factory: type[sqlite3.Connection] = sqlite3.Connection,
) -> "SqliteJournal":
    """Open the journal at `path`, and make it where there is none, unless `create` is False.

    One of an older version is migrated, after a copy of it was put beside it. A journal that may not be written is
    opened for reading; what writes then raises `JournalReadOnly`. `clock` gives seconds since the epoch;
    `lease_seconds` is how long a lease lasts from its last renewal; `busy_timeout` how long one waits for another
    process that writes; `poll_interval` how often one looks for what other processes wrote. `synchronous` is SQLite's:
    less than FULL gives up that a commit outlives a loss of power. `factory` makes the connection through which
    everything is written.

    Raises any `JournalError`.
    """
    path = path.absolute()
    with faults.translated(path):
        if not path.exists():
            if not create:
                raise faults.missing(path)
            connections.make_folder(path.parent)
        writer = None
        if connections.can_write(path):
            writer = _prepared(path, clock, synchronous=synchronous, busy_timeout=busy_timeout, factory=factory)
        elif not path.exists():
            raise faults.read_only(path, "its folder may not be written")
        connect = partial(connections.connect_reader, path, busy_timeout=busy_timeout, writable=writer is not None)
        journal = SqliteJournal(
            Readers(connect, path, reuse=writer is not None),
            GroupCommit(writer, path),
            clock=clock,
            lease_seconds=lease_seconds,
            poll_interval=poll_interval,
        )
        return _identified(journal)


def _prepared(
    path: Path,
    clock: Callable[[], float],
    *,
    synchronous: str,
    busy_timeout: float,
    factory: type[sqlite3.Connection],
) -> sqlite3.Connection:
    """Open the file for writing, as a journal of this version."""
    writer = connections.connect_writer(path, synchronous=synchronous, busy_timeout=busy_timeout, factory=factory)
    try:
        connections.prepare(writer, path, secrets.token_hex(8), busy_timeout=busy_timeout)
        if connections.version_of(writer) < VERSION:
            migrate(writer, path, clock())
    except BaseException:
        writer.close()
        raise
    return writer


def _identified(journal: "SqliteJournal") -> "SqliteJournal":
    """Return the journal, or close it when it is none."""
    try:
        journal.identify()
    except BaseException:
        journal.close()
        raise
    return journal


class SqliteJournal:
    """The durable record of all runs of a workspace; `provisioning.contract.Journal` says what each method promises.

    Any thread may call any method. It is a context manager that closes itself.
    """

    def __init__(
        self,
        readers: Readers,
        group: GroupCommit,
        *,
        clock: Callable[[], float],
        lease_seconds: float,
        poll_interval: float,
    ) -> None:
        self._readers = readers
        self._group = group
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._tail = Tail(self.last_sequence, interval=poll_interval)
        self._installation_id = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def identify(self) -> None:
        """Read whose journal this is; raise `JournalCorrupt` and `JournalTooNew` when it cannot be used."""
        with self._readers.read() as connection:
            connections.check_current(connection, self._group.path)
            self._installation_id = as_id(connection.execute(queries.FIND_META, ("installation_id",)).fetchone())

    @property
    def installation_id(self) -> str:
        """A random id of 16 hexadecimal digits, made with the journal."""
        return self._installation_id

    @property
    def commits(self) -> int:
        """How many durable transactions this object has made; several batches may share one."""
        return self._group.commits

    def close(self) -> None:
        """Let go of the journal: waits end, a transaction under way is finished, later calls raise `JournalError`."""
        self._tail.close()
        self._readers.close()
        self._group.close()

    # --- runs

    def create_run(self, run: NewRun) -> bool:
        """Record a run, or return False when the very same one is there; `RunConflict` when another one is."""
        with faults.translated(self._group.path):
            document = document_row(run.document)
        now = self._clock()

        def change(connection: sqlite3.Connection) -> bool:
            known = connection.execute(queries.FIND_RUN, (run.workflow_id,)).fetchone()
            if known is not None:
                check_same(known, run)
                return False
            columns = {"workflow_id": run.workflow_id, "name": run.name, "digest": run.digest, "total": run.total}
            cursor = connection.execute(queries.ADD_RUN, {**columns, "now": now})
            connection.execute(queries.ADD_DOCUMENT, (cursor.lastrowid, document))
            return True

        return self._change(change)

    def acquire(self, workflow_id: str, holder: str) -> SqliteRunWriter:
        """Take the run's lease; raise `RunLocked` while another living process holds it, `RunNotFound`."""
        now = self._clock()
        lease = self._change(lambda connection: take_lease(connection, workflow_id, holder, now, self._lease_seconds))
        return SqliteRunWriter(
            lease, self._group, self._readers, self._tail, clock=self._clock, lease_seconds=self._lease_seconds
        )

    def get_run(self, workflow_id: str) -> RunRecord:
        """Return one run, or raise `RunNotFound`."""
        with self._readers.read() as connection:
            return as_run(find_run(connection, workflow_id))

    def list_runs(
        self, *, limit: int = 50, state: RunState | None = None, name: str | None = None, before: str | None = None
    ) -> Sequence[RunRecord]:
        """Return runs, the newest first: those submitted before run `before`, in a state, of a name."""
        wanted = {"state": None if state is None else state.value, "name": name, "before": before, "limit": limit}
        with self._readers.read() as connection:
            return [as_run(row) for row in connection.execute(queries.LIST_RUNS, wanted).fetchall()]

    def count_runs(self) -> Mapping[RunState, int]:
        """Return how many runs are in each state; a state without any is not there."""
        with self._readers.read() as connection:
            return {RunState(state): count for state, count in connection.execute(queries.COUNT_RUNS).fetchall()}

    def get_document(self, workflow_id: str) -> Mapping[str, Any]:
        """Return the document that the run was submitted with, or raise `RunNotFound`."""
        with self._readers.snapshot() as connection:
            find_run(connection, workflow_id)
            return as_document(*connection.execute(queries.FIND_DOCUMENT, (workflow_id,)).fetchone())

    def request_cancel(self, workflow_id: str, mode: CancelMode) -> None:
        """Ask whoever drives the run to stop; raise `RunConflict` when nobody does, `RunNotFound`.

        A run that waits for its first driver can be cancelled, too: that driver will find the request.
        """

        def change(connection: sqlite3.Connection) -> None:
            row = find_run(connection, workflow_id)
            check_cancellable(row)
            connection.execute(queries.SET_CANCEL, (mode.value, workflow_id))

        self._change(change)

    def _change(self, change: Change[T]) -> T:
        """Make a change, unless a later version of the project has migrated the journal since it was opened here."""

        def checked(connection: sqlite3.Connection) -> T:
            connections.check_current(connection, self._group.path)
            moved = connection.execute(queries.FIND_META, ("moved_to",)).fetchone()
            if moved is not None:
                raise moved_away(str(self._group.path), moved[0])
            return change(connection)

        return self._group.write(checked)

    # --- operations

    def list_operations(
        self,
        workflow_id: str,
        *,
        states: Sequence[OperationState] = (),
        newest_first: bool = False,
        with_resources: bool = False,
    ) -> Iterator[OperationRecord]:
        """Yield the operations that have begun, in the order of their intents, reading them stretch by stretch."""
        query = _LISTS[newest_first, with_resources]
        wanted = json.dumps([state.value for state in states]) if states else None
        start = _LAST if newest_first else _FIRST
        while True:
            stretch = {"workflow_id": workflow_id, "start": start, "states": wanted, "limit": _STRETCH}
            with self._readers.read() as connection:
                records = [as_operation(row) for row in connection.execute(query, stretch).fetchall()]
            yield from records
            if len(records) < _STRETCH:
                return
            start = records[-1].position

    def get_operation(self, workflow_id: str, operation_id: str) -> OperationRecord | None:
        """Return one operation, or None when it has not begun."""
        with self._readers.read() as connection:
            row = connection.execute(queries.FIND_OPERATION, (workflow_id, operation_id)).fetchone()
            return None if row is None else as_operation(row)

    def count_operations(self, workflow_id: str) -> Mapping[OperationState, int]:
        """Return how many operations are in each state; a state without any is not there."""
        with self._readers.read() as connection:
            return as_counts(connection.execute(queries.COUNT_OPERATIONS, (workflow_id,)).fetchall())

    def checkpoint(self, workflow_id: str, *, step: int | None = None) -> WorkflowCheckpoint:
        """Return the run's state after event `step` (None: now), or raise `RunNotFound`."""
        with self._readers.snapshot() as connection:
            row = find_run(connection, workflow_id)
            if step is None:
                operations = connection.execute(queries.LIST_STATES, row[:1]).fetchall()
                last = connection.execute(queries.FIND_LAST_EVENT, row[:1]).fetchone()
                return checkpoint_now(as_run(row), operations, last)
            wanted = {"workflow_id": workflow_id, "after": 0, "limit": -1}
            events = map(as_event, connection.execute(queries.LIST_EVENTS_OF_RUN, wanted))
            return checkpoint_at(as_run(row), events, step)

    # --- events

    def list_events(self, workflow_id: str | None = None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """Return events with a sequence above `after`, oldest first; of all runs when `workflow_id` is None."""
        with self._readers.read() as connection:
            if workflow_id is None:
                rows = connection.execute(queries.LIST_EVENTS, (after, limit))
            else:
                wanted = {"workflow_id": workflow_id, "after": after, "limit": limit}
                rows = connection.execute(queries.LIST_EVENTS_OF_RUN, wanted)
            return [as_event(row) for row in rows.fetchall()]

    def newest_events(self, workflow_id: str, count: int) -> int:
        """Return the sequence after which the newest `count` events of a run come: 0 when it has no more than these."""
        with self._readers.read() as connection:
            row: Row | None = connection.execute(queries.FIND_EVENT_BEFORE, (workflow_id, count)).fetchone()
            return 0 if row is None else int(row[0])

    def wait_for_events(self, after: int, timeout: float) -> bool:
        """Wait until an event above `after` is there, at most `timeout` seconds; return whether one is.

        Returns False at once when the journal is closed meanwhile.
        """
        return self._tail.wait(after, timeout)

    def last_sequence(self) -> int:
        """Return the sequence of the newest event of all runs, 0 when there is none."""
        with self._readers.read() as connection:
            return int(connection.execute(queries.FIND_LAST_SEQUENCE).fetchone()[0])

    # --- the whole

    def archive(self) -> SqliteArchive:
        """Open all that the journal holds, as it is now; whoever opened it closes it."""
        return open_archive(self._group.path)

    def forget(self, run: RunRecord) -> bool:
        """Delete a run with all that belongs to it, unless it is driven or is not as it was read; say whether."""
        return self._change(lambda connection: forget_run(connection, run))

    def take_in(self, archive: Archive) -> None:
        """Take over everything that another journal holds; raise `JournalError` when there is a run here already."""
        self._change(lambda connection: take_in(connection, archive, self._group.path))
        self.identify()

    def retire(self, place: str) -> None:
        """Refuse every change from now on, because the journal was moved to `place`; it can still be read."""
        self._change(lambda connection: connection.execute(queries.ADD_META, ("moved_to", place)))
