"""Bringing an older journal to the schema that this code knows: a copy is kept beside it, then all is one transaction.

Any number of processes may come at once: the first one takes the write lock and migrates, the others wait for it. One
that is killed leaves the journal as it was. Nobody is overtaken: a journal whose run is driven is left alone, and a
lease that its holder cannot use any more is taken away, so that an older program which was only asleep is fenced off.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from provisioning.store import faults, queries
from provisioning.store.connection import connect_reader, version_of
from provisioning.store.lease import find_driven
from provisioning.store.migrations import MIGRATIONS
from provisioning.store.schema import VERSION

__all__ = ["copies", "migrate"]

_PATIENCE = 300.0
"""How long one waits for another process that migrates, in seconds: a journal of some gigabytes takes minutes."""

_KEPT = 2
"""How many copies of older versions stay beside the journal."""


def copies(path: Path) -> list[Path]:
    """Return the copies that migrations have kept beside the journal, the oldest first."""
    found = path.parent.glob(f"{_escaped(path.name)}.v*.bak")
    return sorted(found, key=lambda copy: copy.stat().st_mtime_ns)


def _escaped(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def migrate(connection: sqlite3.Connection, path: Path, now: float) -> None:
    """Bring the journal to this code's version, if it is older; `now` is seconds since the epoch.

    Raises `JournalLocked` while one of its runs is driven.
    """
    with _exclusive(connection):
        version = version_of(connection)
        if version == VERSION:
            return
        driven = find_driven(connection, now)
        if driven is not None:
            raise faults.in_use(path, driven, "it cannot be brought to the format of this version meanwhile")
        _keep_copy(path, version, now)
        for step in range(version, VERSION):
            for statement in MIGRATIONS[step]:
                connection.execute(statement)
        connection.execute(queries.TAKE_LEASES_AWAY)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    for copy in copies(path)[:-_KEPT]:
        copy.unlink(missing_ok=True)


@contextmanager
def _exclusive(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock of the journal, and make what is done meanwhile one transaction."""
    (timeout,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {max(timeout, int(_PATIENCE * 1000))}")
    try:
        connection.execute("BEGIN EXCLUSIVE")
        try:
            yield
        except BaseException:
            connection.rollback()
            raise
        connection.execute("COMMIT")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {timeout}")


def _keep_copy(path: Path, version: int, now: float) -> None:
    """Copy the journal, whole and durably: the copy gets its name when it is complete."""
    draft = path.with_name(f"{path.name}.copying")
    draft.unlink(missing_ok=True)
    draft.touch(mode=path.stat().st_mode & 0o777)
    with closing(connect_reader(path, busy_timeout=_PATIENCE)) as source, closing(sqlite3.connect(draft)) as target:
        source.backup(target)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    draft.replace(path.with_name(f"{path.name}.v{version}-{moment}.bak"))
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
