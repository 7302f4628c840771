"""Vacuum: the journal's file without the room that nothing is in any more."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from provisioning.store import faults
from provisioning.store.connection import check_current, connect_writer
from provisioning.store.lease import find_driven

__all__ = ["Sizes", "vacuum_journal"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the journal was and is, in bytes, its write-ahead log included."""

    before: int
    after: int


def vacuum_journal(path: Path, now: float, *, busy_timeout: float = 10.0) -> Sizes:
    """Write the journal anew without the room that is free in it; `now` is seconds since the epoch.

    It takes as much room again while it lasts, and everybody who writes waits. Raises `JournalLocked` while a run is
    driven, and any `JournalError`.
    """
    path = path.absolute()
    with (
        faults.translated(path),
        closing(connect_writer(path, synchronous="FULL", busy_timeout=busy_timeout)) as connection,
    ):
        check_current(connection, path)
        driven = find_driven(connection, now)
        if driven is not None:
            raise faults.in_use(path, driven, "it would have to wait for the vacuum")
        before = _size(path)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Sizes(before, _size(path))


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in (path, path.with_name(f"{path.name}-wal")) if each.exists())
