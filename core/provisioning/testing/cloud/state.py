"""What a fake cloud knows, in SQLite: in memory for one process, in a file for as many as talk to it."""

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provisioning.testing.cloud.request import Request

__all__ = ["Row", "State"]

Row = Mapping[str, Any]
"""A server, or an asset, as it is stored."""

_TABLES = """
CREATE TABLE IF NOT EXISTS servers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    token TEXT NOT NULL,
    labels TEXT NOT NULL,
    zone TEXT NOT NULL,
    size TEXT NOT NULL,
    image TEXT NOT NULL,
    uses TEXT NOT NULL,
    created_at REAL NOT NULL,
    via TEXT NOT NULL,
    target TEXT NOT NULL,
    settled_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS assets (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    token TEXT NOT NULL,
    labels TEXT NOT NULL,
    spec TEXT NOT NULL,
    created_at REAL NOT NULL,
    server INTEGER,
    is_gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    call TEXT NOT NULL,
    token TEXT,
    server_id TEXT,
    acted INTEGER NOT NULL,
    answer TEXT NOT NULL,
    began REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS requests_by_call ON requests (call);
CREATE INDEX IF NOT EXISTS requests_by_time ON requests (at);
"""

_BUSY = 30.0


class State:
    """The servers, assets and log of one cloud. A server is in `via` until `settled_at`, and then in `target`.

    `path` None keeps it in memory. What is done in one `transaction` is done as a whole, whoever is killed meanwhile.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path or ":memory:", timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        weakref.finalize(self, self._connection.close)  # a provider is never told that it is done with
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA synchronous = OFF")  # clouds do not lose power together with their users
        with self.transaction():
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)

    def close(self) -> None:
        """Let go of the file; a cloud in memory is gone."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do what is done within as a whole, or not at all, and nobody else anything meanwhile."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    # -- servers

    def add_server(self, columns: Mapping[str, Any]) -> int:
        """Store a server and return its number."""
        names = ", ".join(columns)
        places = ", ".join(f":{name}" for name in columns)
        cursor = self._connection.execute(f"INSERT INTO servers ({names}) VALUES ({places})", columns)  # noqa: S608
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def move_server(self, number: int, via: str, target: str, settled_at: float) -> None:
        """Let a server go from now on through `via` to `target`."""
        moved = (via, target, settled_at, number)
        self._connection.execute("UPDATE servers SET via = ?, target = ?, settled_at = ? WHERE number = ?", moved)

    def get_server(self, number: int) -> Row | None:
        """Return one server, gone or not."""
        return next(iter(self._rows("SELECT * FROM servers WHERE number = ?", number)), None)

    def servers(self, *, token: str | None = None, after: int = 0) -> Sequence[Row]:
        """Return every server that was ever made, with this token or with any, in the order of their making."""
        query = "SELECT * FROM servers WHERE number > ? AND (? IS NULL OR token = ?) ORDER BY number"
        return self._rows(query, after, token, token)

    # -- assets

    def add_asset(self, kind: str, token: str, labels: str, spec: str, created_at: float) -> int:
        """Store an asset and return its number."""
        columns = (kind, token, labels, spec, created_at)
        cursor = self._connection.execute(
            "INSERT INTO assets (kind, token, labels, spec, created_at) VALUES (?, ?, ?, ?, ?)", columns
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def attach_asset(self, number: int, server: int | None) -> None:
        """Let a server have an asset, or nobody."""
        self._connection.execute("UPDATE assets SET server = ? WHERE number = ?", (server, number))

    def remove_asset(self, number: int) -> None:
        """Let an asset be gone."""
        self._connection.execute("UPDATE assets SET is_gone = 1 WHERE number = ?", (number,))

    def assets(self, kind: str | None = None, *, token: str | None = None, after: int = 0) -> Sequence[Row]:
        """Return every asset that was ever made, of a kind or of any, in the order of their making."""
        query = (
            "SELECT * FROM assets WHERE number > ? AND (? IS NULL OR kind = ?) AND (? IS NULL OR token = ?)"
            " ORDER BY number"
        )
        return self._rows(query, after, kind, kind, token, token)

    # -- requests

    def log(self, request: Request) -> None:
        """Add a request to the log."""
        columns = (request.at, request.call, request.token, request.server_id, request.acted, request.answer)
        self._connection.execute(
            "INSERT INTO requests (at, call, token, server_id, acted, answer, began) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*columns, request.began),
        )

    def requests(self) -> Sequence[Request]:
        """Return the log."""
        columns = "number, at, call, token, server_id, acted, answer, began"
        rows = self._rows(f"SELECT {columns} FROM requests ORDER BY number")  # noqa: S608 - columns of our own
        return [Request(**{**row, "acted": bool(row["acted"])}) for row in rows]

    def count_requests(self, call: str | None = None) -> int:
        """Return how many requests there were, of one call or of all."""
        return int(self._rows("SELECT count(*) AS n FROM requests WHERE ? IS NULL OR call = ?", call, call)[0]["n"])

    def times_of_accepted(self, since: float) -> Sequence[float]:
        """Return when requests came after `since` that were not throttled, the oldest first."""
        rows = self._rows("SELECT at FROM requests WHERE at > ? AND answer != 'Throttling' ORDER BY at", since)
        return [row["at"] for row in rows]

    def _rows(self, query: str, *values: Any) -> Sequence[dict[str, Any]]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(query, values).fetchall()]
