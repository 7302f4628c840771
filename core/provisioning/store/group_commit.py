"""The one way in which the journal is written: changes that come at the same time share one durable transaction.

A durable transaction costs a flush of the disk, however much is in it. So a thread with a change queues it, and the
first one that finds nobody writing becomes the leader: it writes all that is queued, for everybody, while the next
changes gather behind it. (The idea is LevelDB's writer queue.)
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from provisioning.errors import JournalError
from provisioning.store import faults

__all__ = ["Change", "GroupCommit"]

T = TypeVar("T")
Change = Callable[[sqlite3.Connection], T]
"""What a transaction does for one caller; it raises to undo its own part, and only that."""

_OF_ONE_CHANGE = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError)
"""SQLite's errors that say something of one statement; all others say that the transaction as a whole has failed."""


class _Entry:
    """One queued change, and what became of it."""

    __slots__ = ("change", "error", "is_settled", "value")

    def __init__(self, change: Change[Any]) -> None:
        self.change = change
        self.value: Any = None
        self.error: BaseException | None = None
        self.is_settled = False

    def apply(self, connection: sqlite3.Connection) -> None:
        """Make the change inside the shared transaction, or leave no trace of it."""
        connection.execute("SAVEPOINT change")
        try:
            self.value = self.change(connection)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _OF_ONE_CHANGE):
                raise
            self.error = error
            connection.execute("ROLLBACK TO change")
        connection.execute("RELEASE change")


class GroupCommit:
    """The writing connection, its queue, and the threads that take turns at leading."""

    def __init__(self, connection: sqlite3.Connection | None, path: Path) -> None:
        """Take over the connection; None makes a journal that cannot be written."""
        self._connection = connection
        self.path = path
        self._queue: list[_Entry] = []
        self._turn = threading.Condition()
        self._is_led = False
        self._is_closed = False
        self.commits = 0
        """How many transactions were made durable."""

    def write(self, change: Change[T]) -> T:
        """Make a change durable and return what it returned; raise what it raised, or the `JournalError`."""
        entry = _Entry(change)
        with faults.translated(self.path):
            connection = self._open_connection()
            group = self._join(entry)
            if group:
                self._lead(connection, group)
            if entry.error is not None:
                raise entry.error
        value: T = entry.value
        return value

    def close(self) -> None:
        """Close the connection once the transaction under way is through; changes that come later are refused."""
        with self._turn:
            self._is_closed = True
            while self._is_led:
                self._turn.wait()
            if self._connection is not None:
                self._connection.close()

    def _open_connection(self) -> sqlite3.Connection:
        if self._is_closed:
            raise faults.closed(self.path)
        if self._connection is None:
            raise faults.read_only(self.path, "it was opened for reading only")
        return self._connection

    def _join(self, entry: _Entry) -> Sequence[_Entry]:
        """Queue the change; return the group to lead, or nothing when another thread has settled it."""
        with self._turn:
            self._queue.append(entry)
            while self._is_led and not entry.is_settled:
                self._turn.wait()
            if entry.is_settled:
                return ()
            if self._is_closed:
                raise faults.closed(self.path)
            self._is_led = True
            group, self._queue = self._queue, []
            return group

    def _lead(self, connection: sqlite3.Connection, group: Sequence[_Entry]) -> None:
        """Write a group and hand the lead on, whatever happens."""
        try:
            self._commit(connection, group)
        finally:
            with self._turn:
                self._is_led = False
                for entry in group:
                    entry.is_settled = True
                self._turn.notify_all()

    def _commit(self, connection: sqlite3.Connection, group: Sequence[_Entry]) -> None:
        """Make a group's changes in one transaction: all of those that did not fail by themselves, or none."""
        is_done = False
        try:
            connection.execute("BEGIN IMMEDIATE")
            for entry in group:
                entry.apply(connection)
            connection.execute("COMMIT")
            is_done = True
            self.commits += 1
        except sqlite3.Error as error:
            for entry in group:
                entry.error = error
        finally:
            if not is_done:
                self._undo(connection, group)

    def _undo(self, connection: sqlite3.Connection, group: Sequence[_Entry]) -> None:
        """Roll back, and let nobody believe that a change of the group was made."""
        with suppress(sqlite3.Error):
            connection.rollback()
        for entry in group:
            if entry.error is None:
                entry.error = JournalError(
                    f"a write to journal {self.path} was cut off", path=str(self.path), retryable=True
                )
