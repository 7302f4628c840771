"""What went wrong with the journal's file, in the journal's words: the only place that knows SQLite's errors."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.contract.rows import Unreadable, Unwritable
from provisioning.errors import (
    JournalCorrupt,
    JournalError,
    JournalFull,
    JournalLocked,
    JournalReadOnly,
    JournalTooNew,
)

__all__ = [
    "closed",
    "foreign",
    "in_use",
    "is_damage",
    "missing",
    "occupied",
    "read_only",
    "too_new",
    "too_old",
    "translated",
    "without_wal",
]


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise whatever SQLite, the file system or a row complains about as a `JournalError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(error, path) from error
    except OSError as error:
        raise _of_system(error, path) from error
    except Unreadable as error:
        raise _damaged(path, str(error)) from error
    except (Unwritable, UnicodeError) as error:
        raise _unwritable(path, str(error)) from error


def _of_sqlite(error: sqlite3.Error, path: Path) -> JournalError:
    """Translate by SQLite's primary result code, the low byte of the extended one."""
    if is_damage(error):
        return _damaged(path, str(error))
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    make = _BY_CODE.get(code)
    return make(path, str(error)) if make else JournalError(f"journal {path} cannot be used: {error}", path=str(path))


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the error tells of a damaged file. Text that is not UTF-8 is damage, too; Python finds it, not SQLite."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return isinstance(error, sqlite3.OperationalError)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _of_system(error: OSError, path: Path) -> JournalError:
    """Translate by the system's error number."""
    reason = error.strerror or str(error)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return read_only(path, reason)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full(path, reason)
    return _unopened(path, reason)


def _locked(path: Path, _reason: str) -> JournalError:
    return JournalLocked(
        f"journal {path} is locked by another process",
        path=str(path),
        hint="Try again when the other command has ended; a backup or an open `sqlite3` shell may hold the file, too.",
    )


def _full(path: Path, _reason: str) -> JournalError:
    return JournalFull(
        f"there is no room left for journal {path}; this step was not recorded, and what it was for not begun",
        path=str(path),
        hint="Free some room on that disk, then resume the run.",
    )


def _failed(path: Path, reason: str) -> JournalError:
    return JournalError(
        f"the disk failed under journal {path}: {reason}",
        path=str(path),
        hint="Check the disk and its free room, then resume the run.",
    )


def _unopened(path: Path, reason: str) -> JournalError:
    return JournalError(
        f"journal {path} cannot be opened: {reason}",
        path=str(path),
        hint="Check that its folder can be a folder, and that the file is a file.",
    )


def _damaged(path: Path, reason: str) -> JournalError:
    return JournalCorrupt(
        f"journal {path} is damaged, or is no journal: {reason}",
        path=str(path),
        hint="Put a backup of the file in its place, or move it away (with its -wal and -shm files) to begin an empty "
        "journal; what earlier runs created stays, and carries their labels.",
    )


def _unwritable(path: Path, reason: str) -> JournalError:
    return JournalError(
        f"journal {path} cannot keep {reason}",
        path=str(path),
        hint="Results and events are JSON values with valid Unicode text; mend the operation kind that made this.",
    )


def read_only(path: Path, reason: str) -> JournalError:
    """Say that the file or its folder may not be written."""
    return JournalReadOnly(
        f"journal {path} cannot be written: {reason}",
        path=str(path),
        hint="Give your user write permission for the file and its folder, or keep the journal elsewhere.",
    )


def foreign(path: Path) -> JournalError:
    """Say that the file is a database of something else."""
    return JournalCorrupt(
        f"{path} is a SQLite database, and not a journal of provisioning",
        path=str(path),
        hint="Name another file for the journal, or move this one away.",
    )


def too_new(path: Path, version: int, known: int) -> JournalError:
    """Say that a later version of the project wrote the file."""
    return JournalTooNew(
        f"journal {path} has format {version}, and this version of provisioning knows formats up to {known}",
        path=str(path),
        hint="Use the newer version of provisioning that wrote it.",
    )


def too_old(path: Path, version: int, known: int) -> JournalError:
    """Say that the file must be migrated before it can be read, and may not be written."""
    return JournalReadOnly(
        f"journal {path} has format {version}, and cannot be brought to format {known}: it may not be written",
        path=str(path),
        hint="Let somebody who may write it run any command on it once, `provisioning workflow list` for one; or copy "
        "it to where you may write.",
    )


def in_use(path: Path, workflow_id: str, reason: str) -> JournalError:
    """Say that a run of the journal is driven, and what cannot be done meanwhile."""
    return JournalLocked(
        f"run {workflow_id} of journal {path} is being driven: {reason}",
        path=str(path),
        hint=f"Try again when the run has ended; `provisioning workflow cancel {workflow_id}` stops it.",
    )


def occupied(path: Path) -> JournalError:
    """Say that there is a file where a new journal was to be made."""
    return JournalError(
        f"{path} is there already, and a salvaged journal is put into a file of its own",
        path=str(path),
        hint="Name a file that is not there.",
    )


def missing(path: Path) -> JournalError:
    """Say that there is no file where one was to be."""
    return JournalError(
        f"there is no journal at {path}",
        path=str(path),
        hint="Nothing was run here yet: the first run makes it.",
    )


def without_wal(path: Path, mode: str) -> JournalError:
    """Say that the file system cannot do what the journal needs."""
    return JournalError(
        f"the file system of journal {path} has no write-ahead log: SQLite chose {mode!r}",
        path=str(path),
        hint="Keep the journal on a local disk, not on a network share.",
    )


def closed(path: Path) -> JournalError:
    """Say that the journal was let go of."""
    return JournalError(f"journal {path} is closed", path=str(path))


_BY_CODE: dict[int, Callable[[Path, str], JournalError]] = {
    sqlite3.SQLITE_BUSY: _locked,
    sqlite3.SQLITE_LOCKED: _locked,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_IOERR: _failed,
    sqlite3.SQLITE_CANTOPEN: _unopened,
    sqlite3.SQLITE_READONLY: read_only,
    sqlite3.SQLITE_PERM: read_only,
}
