"""The file of a journal looked at by somebody in a hurry; nothing in it is changed, and none is made."""

from pathlib import Path

from provisioning.store import connection as connections
from provisioning.store import faults

__all__ = ["check_quickly"]

_MOST = 5
"""How many flaws are told."""


def check_quickly(path: Path, *, busy_timeout: float = 5.0) -> list[str]:
    """Return what SQLite finds wrong with the file of a journal, nothing for one that is sound.

    Raises any `JournalError` for what cannot be opened or written, is no journal, or is of a later version.
    """
    path = path.absolute()
    with faults.translated(path):
        if not path.exists():
            raise faults.missing(path)
        if not connections.can_write(path):
            raise faults.read_only(path, "its file or its folder may not be written")
        connection = connections.connect_reader(path, busy_timeout=busy_timeout)
        try:
            connections.check_identity(connection, path)
            rows = connection.execute(f"PRAGMA quick_check({_MOST})").fetchall()
        finally:
            connection.close()
    return [str(row[0]) for row in rows if row[0] != "ok"]
