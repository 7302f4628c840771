"""The writer of one run: its lease, and the commits that only its holder can make."""

from collections.abc import Callable

import psycopg

from provisioning.contract.journal import Batch, CancelMode
from provisioning.contract.lease import Lease
from provisioning.contract.rows import Row, as_cancel, end_columns, event_columns, operation_row
from provisioning_postgres import faults, queries
from provisioning_postgres.connections import Connections
from provisioning_postgres.tail import Tail

__all__ = ["PostgresRunWriter"]


class PostgresRunWriter:
    """The lease on one run. Any thread may call any method, one commit at a time.

    Each commit has a number. When the connection is lost before the server's answer came, the number says whether the
    commit was made; if not, it is made again. `commits` is the number of the last one.
    """

    def __init__(
        self,
        lease: Lease,
        connections: Connections,
        tail: Tail,
        *,
        commits: int,
        lease_seconds: float,
        counted: Callable[[], None],
    ) -> None:
        self._lease = lease
        self._connections = connections
        self._tail = tail
        self._commits = commits
        self._lease_seconds = lease_seconds
        self._counted = counted
        self._extended_at = connections.now()

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
        run = self._lease.run
        with faults.translated(self._connections.location.name):
            operations = list({record.position: operation_row(run, record) for record in batch.operations}.values())
            events = [event_columns(event) for event in batch.events]
            moved = () if batch.state is None else (batch.state.value, *end_columns(batch.error, batch.outputs))
        number = self._commits + 1
        now = self._connections.now()

        def work(connection: psycopg.Connection) -> int:
            touched = (now + self._lease_seconds, now, len(events), number, *moved, *self._lease.key, number)
            with connection.transaction():
                cursor = connection.execute(queries.MOVE_RUN if moved else queries.TOUCH_RUN, touched)
                if cursor.rowcount == 0:
                    return self._made_before(connection, number)
                if batch.enlisted is not None:
                    batch.enlisted(connection)
                return self._write(connection, now, operations, events)

        sequence = self._connections.run(work)
        self._commits = number
        self._extended_at = now
        self._counted()
        if events:
            self._tell()
        return sequence

    def renew(self) -> CancelMode | None:
        """Renew the lease and return what somebody asked to become of the run, if anybody did.

        It may be called as often as one likes: something is written once for each third of the lease. Raises
        `RunFenced` when the lease is another's by now.
        """
        self._renew_after(self._lease_seconds / 3)

        def work(connection: psycopg.Connection) -> CancelMode | None:
            row = connection.execute(queries.FIND_CANCEL, self._lease.key).fetchone()
            if row is None:
                raise self._lease.lost()
            return as_cancel(row[0])

        return self._connections.run(work)

    def hold(self) -> None:
        """Raise `RunFenced` when the lease is another's by now.

        Until its end it is nobody else's. One that has ended meanwhile, because the process was stopped or the
        machine slept, is renewed here, or lost.
        """
        self._renew_after(self._lease_seconds)

    def release(self) -> None:
        """Give the lease back; one that is lost already stays with whoever has it."""
        self._connections.run(lambda connection: connection.execute(queries.RELEASE_LEASE, self._lease.key).rowcount)

    def _write(self, connection: psycopg.Connection, now: float, operations: list[Row], events: list[Row]) -> int:
        run = self._lease.run
        places: list[int] = []
        if events:
            places = [row[0] for row in connection.execute(queries.TAKE_PLACES, (len(events),))]
        cursor = connection.cursor()
        if operations:
            cursor.executemany(queries.PUT_OPERATION, operations)
        if events:
            rows = [
                (place, run, kind, now, operation_id, data)
                for place, (kind, operation_id, data) in zip(places, events, strict=True)
            ]
            cursor.executemany(queries.ADD_EVENT, rows)
        return places[-1] if places else 0

    def _made_before(self, connection: psycopg.Connection, number: int) -> int:
        """Return the last sequence when it was this commit that the server made already; raise `RunFenced` else."""
        row = connection.execute(queries.FIND_COMMITS, self._lease.key).fetchone()
        if row is None or row[0] < number:
            raise self._lease.lost()
        last = connection.execute(queries.FIND_LAST_EVENT, (self._lease.run,)).fetchone()
        return 0 if last is None else int(last[0])

    def _tell(self) -> None:
        """Wake who waits, here and on other hosts. Outside the transaction: a notice makes commits wait in line."""
        self._tail.grow()
        self._connections.run(lambda connection: connection.execute(*self._tail.notice).rowcount)

    def _renew_after(self, seconds: float) -> None:
        """Renew the lease when that was not done within the last `seconds`; raise `RunFenced` when it is lost."""
        now = self._connections.now()
        if 0 <= now - self._extended_at < seconds:
            return

        def work(connection: psycopg.Connection) -> None:
            key = self._lease.key
            if connection.execute(queries.EXTEND_LEASE, (now + self._lease_seconds, *key)).rowcount == 0:
                raise self._lease.lost()

        self._connections.run(work)
        self._extended_at = now
        self._counted()
