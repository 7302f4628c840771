"""A connection to the journal's file, opened in the one way that keeps the promise.

A commit is durable when it returns, power loss included: write-ahead log, `synchronous=FULL`, and on macOS
`fullfsync`, without which fsync there leaves data in the drive's cache. Nothing here ever opens the file by itself:
closing any descriptor of it would drop SQLite's own locks.
"""

import os
import sqlite3
import time
from pathlib import Path

from provisioning.errors import ConfigurationError
from provisioning.store import faults, queries
from provisioning.store.schema import APPLICATION_ID, TABLES, VERSION

__all__ = [
    "can_write",
    "check_current",
    "check_identity",
    "connect_reader",
    "connect_writer",
    "make_folder",
    "prepare",
    "version_of",
]

_SYNCHRONOUS = frozenset({"OFF", "NORMAL", "FULL", "EXTRA"})

_WAL_LIMIT = 64 * 1024 * 1024
"""Bytes that the write-ahead log keeps at most once its content is in the file itself."""


def can_write(path: Path) -> bool:
    """Whether this process may write the file, where it is there, and, for the write-ahead log, its folder."""
    effective = os.access in os.supports_effective_ids
    wanted = (path, path.parent) if path.exists() else (path.parent,)
    return all(os.access(each, os.W_OK, effective_ids=effective) for each in wanted)


def make_folder(folder: Path) -> None:
    """Make the journal's folder, durably, and keep a new one out of version control; an old one stays as it is."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        if folder.is_dir():
            return
        raise
    (folder / ".gitignore").write_text("*\n")
    descriptor = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(
    path: Path, options: str, busy_timeout: float, *pragmas: str, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    """Open the file without Python's own transactions; its users see to it that one thread at a time uses it."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?{options}",
        uri=True,
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,
        factory=factory,
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_writer(
    path: Path, *, synchronous: str, busy_timeout: float, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    """Open the file for writing; it is made when it is not there. Waits `busy_timeout` seconds for other writers."""
    if synchronous not in _SYNCHRONOUS:
        allowed = ", ".join(sorted(_SYNCHRONOUS))
        raise ConfigurationError(f"the journal cannot be synchronous = {synchronous!r}", hint=f"Use one of {allowed}.")
    return _open(
        path,
        "mode=rwc",
        busy_timeout,
        f"synchronous = {synchronous}",
        "fullfsync = ON",
        "checkpoint_fullfsync = ON",
        f"journal_size_limit = {_WAL_LIMIT}",
        "temp_store = MEMORY",
        factory=factory,
    )


def connect_reader(path: Path, *, busy_timeout: float, writable: bool = True) -> sqlite3.Connection:
    """Open the file for reading only; `path` is absolute.

    Where the folder may not be written, SQLite can read a journal only through the log that a writer left open
    there; without such a log nobody writes, and the file is taken as it stands (`immutable`).
    """
    if writable:
        return _open(path, "mode=rw", busy_timeout, "query_only = ON")
    at_rest = not path.with_name(f"{path.name}-wal").exists()
    return _open(path, "mode=ro&immutable=1" if at_rest else "mode=ro", busy_timeout)


def _pragma(connection: sqlite3.Connection, name: str) -> int | str:
    value: int | str = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def version_of(connection: sqlite3.Connection) -> int:
    """Return the format of the journal."""
    return int(_pragma(connection, "user_version"))


def _is_empty(connection: sqlite3.Connection) -> bool:
    """Whether the file is a database that nothing was put into yet."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return tables == 0 and _pragma(connection, "application_id") == 0


def check_identity(connection: sqlite3.Connection, path: Path) -> None:
    """Raise unless the file is a journal in a format that this code knows, older ones included."""
    version = version_of(connection)
    if _pragma(connection, "application_id") != APPLICATION_ID or version < 1:
        raise faults.foreign(path)
    if version > VERSION:
        raise faults.too_new(path, version, VERSION)


def check_current(connection: sqlite3.Connection, path: Path) -> None:
    """Raise unless the file is a journal in the format that this code writes."""
    check_identity(connection, path)
    version = version_of(connection)
    if version < VERSION:
        raise faults.too_old(path, version, VERSION)


def prepare(connection: sqlite3.Connection, path: Path, installation_id: str, *, busy_timeout: float) -> None:
    """Make an empty file a journal, in one transaction; leave one that is a journal as it is.

    Any number of processes may do this at once to one file: one of them makes the journal. A foreign database is
    refused before anything in it changes.
    """
    if not _is_empty(connection):
        check_identity(connection, path)
    _begin_log(connection, path, busy_timeout)
    if _is_empty(connection):
        connection.execute("BEGIN IMMEDIATE")
        if _is_empty(connection):
            _make_tables(connection, installation_id)
        connection.execute("COMMIT")
    check_identity(connection, path)


def _begin_log(connection: sqlite3.Connection, path: Path, busy_timeout: float) -> None:
    """Switch to the write-ahead log; SQLite does not wait for others here, so that we do."""
    deadline = time.monotonic() + busy_timeout
    while True:
        try:
            mode = str(_pragma(connection, "journal_mode = WAL"))
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(0.005)
    if mode != "wal":
        raise faults.without_wal(path, mode)


def _make_tables(connection: sqlite3.Connection, installation_id: str) -> None:
    """Make the tables and mark the file as ours; all of it is part of the transaction, the marks too."""
    for statement in TABLES:
        connection.execute(statement)
    connection.executemany(queries.ADD_META, [("installation_id", installation_id), ("last_sequence", 0)])
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
