"""The writer of one run: its lease, and the commits that only its holder can make."""

import sqlite3
from collections.abc import Callable, Sequence

from provisioning.contract.journal import Batch, CancelMode
from provisioning.contract.lease import Lease
from provisioning.contract.rows import Row, as_cancel, end_columns, event_columns, operation_row
from provisioning.store import faults, queries
from provisioning.store.group_commit import GroupCommit
from provisioning.store.readers import Readers
from provisioning.store.tail import Tail

__all__ = ["SqliteRunWriter"]


class SqliteRunWriter:
    """The lease on one run. Any thread may call any method; a batch is encoded in the thread that commits it."""

    def __init__(
        self,
        lease: Lease,
        group: GroupCommit,
        readers: Readers,
        tail: Tail,
        *,
        clock: Callable[[], float],
        lease_seconds: float,
    ) -> None:
        self._lease = lease
        self._group = group
        self._readers = readers
        self._tail = tail
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._extended_at = clock()

    @property
    def workflow_id(self) -> str:
        """The run that it holds."""
        return self._lease.workflow_id

    @property
    def fence(self) -> int:
        """The lease's number."""
        return self._lease.fence

    def commit(self, batch: Batch) -> int:
        """Make the batch durable and renew the lease; return the sequence of its last event (0: it had none).

        A batch with a state replaces the run's error and outputs, too, by none where it brings none. Raises
        `RunFenced` when the lease is another's by now, with nothing written, and any `JournalError`.
        """
        now = self._clock()
        run = self._lease.run
        with faults.translated(self._group.path):
            operations = [operation_row(run, record) for record in batch.operations]
            events = [event_columns(event) for event in batch.events]
            moved = None if batch.state is None else (batch.state.value, *end_columns(batch.error, batch.outputs))

        def change(connection: sqlite3.Connection) -> int:
            self._hold(connection, now, len(events), moved)
            if operations:
                connection.executemany(queries.PUT_OPERATION, operations)
            if batch.enlisted is not None:
                batch.enlisted(connection)
            return _add_events(connection, run, now, events) if events else 0

        sequence = self._group.write(change)
        self._extended_at = now
        if sequence:
            self._tail.grow(sequence)
        return sequence

    def renew(self) -> CancelMode | None:
        """Renew the lease and return what somebody asked to become of the run, if anybody did.

        It may be called as often as one likes: the disk is written to once for each third of the lease. Raises
        `RunFenced` when the lease is another's by now.
        """
        self._renew_after(self._lease_seconds / 3)
        with self._readers.read() as connection:
            row: Row | None = connection.execute(queries.FIND_CANCEL, self._lease.key).fetchone()
            if row is None:
                raise self._lease.lost()
            return as_cancel(row[0])

    def hold(self) -> None:
        """Raise `RunFenced` when the lease is another's by now.

        Until its end it is nobody else's. One that has ended meanwhile, because the process was stopped or the
        machine slept, is renewed here, or lost.
        """
        self._renew_after(self._lease_seconds)

    def release(self) -> None:
        """Give the lease back; one that is lost already stays with whoever has it."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(queries.RELEASE_LEASE, self._lease.key)

        self._group.write(change)

    def _renew_after(self, seconds: float) -> None:
        """Renew the lease when that was not done within the last `seconds`; raise `RunFenced` when it is lost."""
        now = self._clock()
        if 0 <= now - self._extended_at < seconds:
            return

        def change(connection: sqlite3.Connection) -> None:
            cursor = connection.execute(queries.EXTEND_LEASE, (now + self._lease_seconds, *self._lease.key))
            if cursor.rowcount == 0:
                raise self._lease.lost()

        self._group.write(change)
        self._extended_at = now

    def _hold(self, connection: sqlite3.Connection, now: float, events: int, moved: Row | None) -> None:
        """Renew the lease, count the events and move the run, or raise `RunFenced` before anything is written."""
        touched = (now + self._lease_seconds, now, events)
        if moved is None:
            cursor = connection.execute(queries.TOUCH_RUN, (*touched, *self._lease.key))
        else:
            cursor = connection.execute(queries.MOVE_RUN, (*touched, *moved, *self._lease.key))
        if cursor.rowcount == 0:
            raise self._lease.lost()


def _add_events(connection: sqlite3.Connection, run: int, now: float, events: Sequence[Row]) -> int:
    """Give the events the next places of the journal and write them; return the last place."""
    (last,) = connection.execute(queries.FIND_LAST_SEQUENCE).fetchone()
    rows = [
        (place, run, kind, now, operation_id, data) for place, (kind, operation_id, data) in enumerate(events, last + 1)
    ]
    connection.executemany(queries.ADD_EVENT, rows)
    last += len(rows)
    connection.execute(queries.SET_LAST_SEQUENCE, (last,))
    return int(last)
