"""The journal on a PostgreSQL server: the door through which the rest of the house comes in."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg

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
from provisioning.contract.lease import Lease, check_cancellable, check_free, check_same, is_driven, unknown_run
from provisioning.contract.moving import moved_away
from provisioning.contract.provider import AnyPace
from provisioning.contract.rows import Row, as_counts, as_document, as_event, as_id, as_operation, as_run, document_row
from provisioning_postgres import faults, queries
from provisioning_postgres.archive import PostgresArchive, take_in
from provisioning_postgres.connections import Connections
from provisioning_postgres.location import Location
from provisioning_postgres.pace import FleetPace
from provisioning_postgres.schema import VERSION, prepare
from provisioning_postgres.tail import Tail
from provisioning_postgres.writer import PostgresRunWriter

__all__ = ["PostgresJournal", "open_journal"]

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
    url: str,
    *,
    clock: Callable[[], float] | None = None,
    lease_seconds: float = 30.0,
    poll_interval: float = 1.0,
) -> "PostgresJournal":
    """Open the journal at `url`, and make it where there is none, or migrate it.

    `clock` gives seconds since the epoch, and is the server's when left out; `lease_seconds` is how long a lease lasts
    from its last renewal; `poll_interval` how often one looks for what other hosts wrote when no notice came.

    Raises `ConfigurationError` for a URL that cannot be one, and any `JournalError`.
    """
    connections = Connections(Location.parse(url), clock=clock)
    location = connections.location

    def begin(connection: psycopg.Connection) -> str:
        prepare(connection, location.schema, location.name, secrets.token_hex(8), connections.now())
        return as_id(connection.execute(queries.FIND_META, ("installation_id",)).fetchone())

    try:
        installation_id = connections.run(begin)
    except BaseException:
        connections.close()
        raise
    return PostgresJournal(connections, installation_id, lease_seconds=lease_seconds, poll_interval=poll_interval)


class PostgresJournal:
    """The durable record of all runs; `provisioning.contract.Journal` says what each method promises.

    Any thread may call any method. It is a context manager that closes itself.
    """

    def __init__(
        self, connections: Connections, installation_id: str, *, lease_seconds: float, poll_interval: float
    ) -> None:
        self._connections = connections
        self._installation_id = installation_id
        self._lease_seconds = lease_seconds
        self._tail = Tail(self.last_sequence, connections, interval=poll_interval)
        self.commits = 0
        """How many durable transactions this object's writers have made."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def installation_id(self) -> str:
        """A random id of 16 hexadecimal digits, made with the journal."""
        return self._installation_id

    @property
    def connections(self) -> Connections:
        """The connections to the server, for the parts of this extension that share its transactions."""
        return self._connections

    def close(self) -> None:
        """Let go of the journal: waits end, later calls raise `JournalError`."""
        self._tail.close()
        self._connections.close()

    # --- runs

    def create_run(self, run: NewRun) -> bool:
        """Record a run, or return False when the very same one is there; `RunConflict` when another one is."""
        with faults.translated(self._name):
            document = document_row(run.document)
        now = self._connections.now()
        columns = {"workflow_id": run.workflow_id, "name": run.name, "digest": run.digest, "total": run.total}

        def change(connection: psycopg.Connection) -> bool:
            added = connection.execute(queries.ADD_RUN, {**columns, "now": now}).fetchone()
            if added is not None:
                connection.execute(queries.ADD_DOCUMENT, (added[0], document))
                return True
            known = _found(connection, run.workflow_id)
            check_same(known, run)
            # A lost answer: nobody else recorded it at this very moment, and it was not touched since.
            return bool(known[6] == now and known[11] == 0)

        return self._change(change)

    def acquire(self, workflow_id: str, holder: str) -> PostgresRunWriter:
        """Take the run's lease; raise `RunLocked` while another living process holds it, `RunNotFound`."""

        def change(connection: psycopg.Connection) -> tuple[int, int, int]:
            now = self._connections.now()
            row = _found(connection, workflow_id, queries.LOCK_RUN)
            check_free(row, holder, now)
            lease = {"run": row[0], "holder": holder, "now": now, "expires_at": now + self._lease_seconds}
            taken = connection.execute(queries.TAKE_LEASE, lease).fetchone()
            assert taken is not None  # noqa: S101 - the row is locked
            return row[0], int(taken[0]), int(taken[1])

        run, fence, commits = self._change(change)
        return PostgresRunWriter(
            Lease(run, workflow_id, holder, fence),
            self._connections,
            self._tail,
            commits=commits,
            lease_seconds=self._lease_seconds,
            counted=self._count,
        )

    def get_run(self, workflow_id: str) -> RunRecord:
        """Return one run, or raise `RunNotFound`."""
        return self._here(self._connections.run(lambda connection: as_run(_found(connection, workflow_id))))

    def list_runs(
        self, *, limit: int = 50, state: RunState | None = None, name: str | None = None, before: str | None = None
    ) -> Sequence[RunRecord]:
        """Return runs, the newest first: those submitted before run `before`, in a state, of a name."""
        wanted = {"state": None if state is None else state.value, "name": name, "before": before, "limit": limit}
        rows = self._rows(queries.LIST_RUNS, wanted)
        with faults.translated(self._name):
            return [self._here(as_run(row)) for row in rows]

    def count_runs(self) -> Mapping[RunState, int]:
        """Return how many runs are in each state; a state without any is not there."""
        return {RunState(state): count for state, count in self._rows(queries.COUNT_RUNS, ())}

    def get_document(self, workflow_id: str) -> Mapping[str, Any]:
        """Return the document that the run was submitted with, or raise `RunNotFound`."""

        def read(connection: psycopg.Connection) -> Mapping[str, Any]:
            row = connection.execute(queries.FIND_DOCUMENT, (workflow_id,)).fetchone()
            if row is None:
                raise unknown_run(workflow_id)
            return as_document(bytes(row[0]))

        return self._connections.run(read)

    def request_cancel(self, workflow_id: str, mode: CancelMode) -> None:
        """Ask whoever drives the run to stop; raise `RunConflict` when nobody does, `RunNotFound`.

        A run that waits for its first driver can be cancelled, too: that driver will find the request.
        """

        def change(connection: psycopg.Connection) -> None:
            check_cancellable(_found(connection, workflow_id, queries.LOCK_RUN))
            connection.execute(queries.SET_CANCEL, (mode.value, workflow_id))

        self._change(change)

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
        wanted = [state.value for state in states] or None
        start = _LAST if newest_first else _FIRST
        while True:
            stretch = {"workflow_id": workflow_id, "start": start, "states": wanted, "limit": _STRETCH}
            rows = self._rows(query, stretch)
            with faults.translated(self._name):
                records = [as_operation(row) for row in rows]
            yield from records
            if len(records) < _STRETCH:
                return
            start = records[-1].position

    def get_operation(self, workflow_id: str, operation_id: str) -> OperationRecord | None:
        """Return one operation, or None when it has not begun."""
        rows = self._rows(queries.FIND_OPERATION, {"workflow_id": workflow_id, "operation_id": operation_id})
        with faults.translated(self._name):
            return as_operation(rows[0]) if rows else None

    def count_operations(self, workflow_id: str) -> Mapping[OperationState, int]:
        """Return how many operations are in each state; a state without any is not there."""
        rows = self._rows(queries.COUNT_OPERATIONS, {"workflow_id": workflow_id})
        with faults.translated(self._name):
            return as_counts(rows)

    def checkpoint(self, workflow_id: str, *, step: int | None = None) -> WorkflowCheckpoint:
        """Return the run's state after event `step` (None: now), or raise `RunNotFound`."""

        def read(connection: psycopg.Connection) -> WorkflowCheckpoint:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                row = _found(connection, workflow_id)
                if step is None:
                    operations = connection.execute(queries.LIST_STATES, row[:1]).fetchall()
                    last = connection.execute(queries.FIND_LAST_EVENT, row[:1]).fetchone()
                    return checkpoint_now(as_run(row), operations, last)
                wanted = {"workflow_id": workflow_id, "after": 0, "limit": None}
                events = connection.execute(queries.LIST_EVENTS_OF_RUN.encode(), wanted)
                return checkpoint_at(as_run(row), map(as_event, events), step)

        return self._connections.run(read)

    # --- events

    def list_events(self, workflow_id: str | None = None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """Return events with a sequence above `after`, oldest first; of all runs when `workflow_id` is None."""
        if workflow_id is None:
            wanted = {"after": after, "horizon": self._horizon(), "limit": limit}
            rows = self._rows(queries.LIST_EVENTS, wanted)
        else:
            wanted = {"workflow_id": workflow_id, "after": after, "limit": limit}  # type: ignore[dict-item]
            rows = self._rows(queries.LIST_EVENTS_OF_RUN, wanted)
        with faults.translated(self._name):
            return [as_event(row) for row in rows]

    def newest_events(self, workflow_id: str, count: int) -> int:
        """Return the sequence after which the newest `count` events of a run come: 0 when it has no more than these."""
        rows = self._rows(queries.FIND_EVENT_BEFORE, {"workflow_id": workflow_id, "count": count})
        return int(rows[0][0]) if rows else 0

    def wait_for_events(self, after: int, timeout: float) -> bool:
        """Wait until an event above `after` is there, at most `timeout` seconds; return whether one is.

        Returns False at once when the journal is closed meanwhile.
        """
        return self._tail.wait(after, timeout)

    def last_sequence(self) -> int:
        """Return the sequence of the newest event of all runs, 0 when there is none."""
        return int(self._rows(queries.FIND_NEWEST_PLACE, (self._horizon(),))[0][0])

    # --- the whole

    def archive(self) -> PostgresArchive:
        """Open all that the journal holds, as it is now; whoever opened it closes it."""
        return self._connections.run(lambda _: PostgresArchive(self._connections.connect(), self._name))

    def forget(self, run: RunRecord) -> bool:
        """Delete a run with all that belongs to it, unless it is driven or is not as it was read; say whether."""

        def change(connection: psycopg.Connection) -> bool:
            row = connection.execute(queries.LOCK_RUN, (run.workflow_id,)).fetchone()
            if row is None or as_run(row) != run or is_driven(row):
                return False
            for statement in queries.FORGET_RUN:
                connection.execute(statement, row[:1])
            return True

        return self._change(change)

    def take_in(self, archive: Archive) -> None:
        """Take over everything that another journal holds; raise `JournalError` when there is a run here already."""
        self._change(lambda connection: take_in(connection, archive, self._name))
        self._installation_id = archive.installation_id

    def retire(self, place: str) -> None:
        """Refuse every change from now on, because the journal was moved to `place`; it can still be read."""
        self._change(lambda connection: connection.execute(queries.PUT_META, ("moved_to", place)).rowcount)

    def make_pace(self, instance: str, rate: float | None) -> AnyPace:
        """Return the pace of a provider instance that everybody keeps who uses this journal."""
        return FleetPace(self._connections, instance, rate)

    # --- the server

    @property
    def _name(self) -> str:
        return self._connections.location.name

    def _count(self) -> None:
        self.commits += 1

    def _change(self, change: Callable[[psycopg.Connection], T]) -> T:
        """Make a change in one transaction, unless the journal was moved, or migrated by a later version."""

        def checked(connection: psycopg.Connection) -> T:
            with connection.transaction():
                known: dict[str, str] = dict(connection.execute("SELECT key, value FROM meta").fetchall())
                if int(known["version"]) > VERSION:
                    raise faults.too_new(self._name, int(known["version"]), VERSION)
                if "moved_to" in known:
                    raise moved_away(self._name, known["moved_to"])
                return change(connection)

        return self._connections.run(checked)

    def _rows(self, query: str, wanted: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
        return self._connections.run(lambda connection: connection.execute(query.encode(), wanted).fetchall())

    def _horizon(self) -> int:
        return int(self._rows("SELECT horizon()", ())[0][0])

    def _here(self, run: RunRecord) -> RunRecord:
        """Return a run whose lease ends by the clock of this host."""
        if run.lease is None or not self._connections.skew:
            return run
        return replace(run, lease=replace(run.lease, expires_at=run.lease.expires_at - self._connections.skew))


def _found(connection: psycopg.Connection, workflow_id: str, query: str = queries.FIND_RUN) -> Row:
    row: Row | None = connection.execute(query.encode(), (workflow_id,)).fetchone()
    if row is None:
        raise unknown_run(workflow_id)
    return row
