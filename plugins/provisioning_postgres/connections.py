"""The connections to the server: lent one by one, thrown away when they break, waited for when the server is gone."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import psycopg

from provisioning_postgres import faults
from provisioning_postgres.location import Location

__all__ = ["Connections"]

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two tries to reach a server that is gone: the pause doubles."""

OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
    "application_name": "provisioning",
}
"""What is said to the client unless the URL says otherwise: a host that is gone is noticed within seconds."""


class Connections:
    """Lends connections in autocommit, each used by one thread at a time; any thread may ask.

    `now` is the server's clock, in seconds since the epoch, as far as it is known from when a connection was made: the
    leases of several hosts are measured by one clock. `clock` stands in for it where it is given.
    """

    def __init__(self, location: Location, *, clock: Callable[[], float] | None = None) -> None:
        self.location = location
        self._clock = clock
        self._skew = 0.0
        self._idle: list[psycopg.Connection] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def now(self) -> float:
        """Return the time, in seconds since the epoch, by the server's clock."""
        return self._clock() if self._clock is not None else time.time() + self._skew

    @property
    def skew(self) -> float:
        """How far the server's clock is ahead of this host's, in seconds."""
        return 0.0 if self._clock is not None else self._skew

    def run(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Do some work with a connection; when that is lost, do it again with another one, as long as patience lasts.

        So the work must be such that doing it twice is the same as doing it once. Raises what it raises, and the
        `JournalError` of a server that does not come back.
        """
        end = time.monotonic() + self.location.patience
        pause = FIRST_PAUSE
        while True:
            try:
                with faults.translated(self.location.name), self._lent() as connection:
                    return work(connection)
            except Exception as error:
                cause = error.__cause__
                lost = isinstance(cause, psycopg.Error) and faults.is_lost(cause)
                if not lost or time.monotonic() + pause > end or self._closing.wait(pause):
                    raise
                self._drop_idle()
                pause = min(pause * 2, LONGEST_PAUSE)

    @contextmanager
    def lent(self) -> Iterator[psycopg.Connection]:
        """Lend a connection for as long as somebody reads from it; raise a `JournalError` for what goes wrong."""
        with faults.translated(self.location.name), self._lent() as connection:
            yield connection

    def connect(self) -> psycopg.Connection:
        """Open a connection that whoever asks closes."""
        schema = self.location.schema
        known = psycopg.conninfo.conninfo_to_dict(self.location.conninfo)
        options = {name: value for name, value in OPTIONS.items() if name not in known}
        before = time.time()
        connection = psycopg.connect(self.location.conninfo, autocommit=True, **options)  # type: ignore[arg-type]
        try:
            row = connection.execute(
                "SELECT extract(epoch FROM clock_timestamp())::float8, set_config('search_path', %s, false)", (schema,)
            ).fetchone()
        except BaseException:
            connection.close()
            raise
        assert row is not None  # noqa: S101 - a SELECT without FROM has one row
        self._skew = row[0] - (before + time.time()) / 2
        return connection

    @contextmanager
    def _lent(self) -> Iterator[psycopg.Connection]:
        connection = self._take()
        try:
            yield connection
        except BaseException:
            # Whatever was under way is rolled back by closing: a connection in an unknown state is never lent again.
            if not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                connection.close()
            raise
        finally:
            self._give_back(connection)

    def _take(self) -> psycopg.Connection:
        with self._lock:
            if self._closing.is_set():
                raise faults.closed(self.location.name)
            while self._idle:
                connection = self._idle.pop()
                if not connection.closed:
                    return connection
        return self.connect()

    def _give_back(self, connection: psycopg.Connection) -> None:
        if connection.closed or connection.broken:
            return
        with self._lock:
            if not self._closing.is_set():
                self._idle.append(connection)
                return
        connection.close()

    def _drop_idle(self) -> None:
        """Close what is idle: a server that was lost once has lost these as well."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            with suppress(psycopg.Error):
                connection.close()

    def close(self) -> None:
        """Close what is idle now, and what is lent as soon as it comes back."""
        self._closing.set()
        self._drop_idle()
