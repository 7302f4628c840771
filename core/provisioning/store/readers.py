"""The read connections of a journal: as many as there are reads at once, each used by one thread at a time."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.store import faults

__all__ = ["Readers"]


class Readers:
    """Lends connections and takes them back; a read sees one state of the journal, however many statements it has.

    `reuse` says whether a connection that came back is lent again. One to a journal at rest must not be: it would
    not notice that somebody began to write.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], path: Path, *, reuse: bool = True) -> None:
        self._connect = connect
        self._path = path
        self._reuse = reuse
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._is_closed = False

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for one read; raise a `JournalError` for whatever goes wrong with it."""
        with faults.translated(self._path):
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose statements all see the same state of the journal."""
        with self.read() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._is_closed:
                raise faults.closed(self._path)
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if self._reuse and not self._is_closed:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close what is idle now, and what is lent as soon as it comes back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
