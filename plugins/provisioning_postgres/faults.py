"""What went wrong with the database, in the journal's words: the only place that knows PostgreSQL's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from provisioning.contract.rows import Unreadable, Unwritable
from provisioning.errors import (
    JournalCorrupt,
    JournalError,
    JournalFull,
    JournalLocked,
    JournalReadOnly,
    JournalTooNew,
)

__all__ = ["closed", "foreign", "in_use", "is_lost", "too_new", "translated", "unreachable"]

_LOST = (
    *("08", "57P01", "57P02", "57P03"),  # the connection; the server shuts down, crashed, or starts up
    "25006",  # a standby, or a primary that has just become one
    "53300",  # too many connections, for now
)


_FOR_NOW = (
    "starting up",
    "shutting down",
    "recovery",
    "too many",
    "remaining connection slots",
    "terminating connection",
)
"""What a server says that will let somebody in later."""


def is_lost(error: psycopg.Error) -> bool:
    """Whether the server, or the way to it, is gone for now: the same may work on another connection later."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError) and not _is_refusal(error)
    return error.sqlstate.startswith(_LOST)


def _is_refusal(error: psycopg.Error) -> bool:
    """Whether a server that was reached said no for good; of a connection that fails, only its words are known."""
    told = str(error)
    return "FATAL:" in told and not any(word in told for word in _FOR_NOW)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise whatever PostgreSQL or a row complains about as a `JournalError` of the journal `name`."""
    try:
        yield
    except psycopg.Error as error:
        raise _of_postgres(error, name) from error
    except Unreadable as error:
        raise _damaged(name, str(error)) from error
    except (Unwritable, UnicodeError) as error:
        raise _unwritable(name, str(error)) from error


def _of_postgres(error: psycopg.Error, name: str) -> JournalError:
    state = error.sqlstate or ""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if is_lost(error):
        return unreachable(name, reason)
    if state.startswith(("53100", "53200")):
        return JournalFull(
            f"the server of journal {name} has no room left: {reason}; this step was not recorded, and what it was for "
            "not begun",
            path=name,
            hint="Free some room on the server, then resume the run.",
        )
    if state in ("42501", "28000", "28P01", "3D000") or (not state and _is_refusal(error)):
        return JournalReadOnly(
            f"journal {name} cannot be used: {reason}",
            path=name,
            hint="Check user, password and database in [store] url; the user owns the schema, or may create it.",
        )
    if state.startswith(("55P03", "40")):
        return JournalLocked(f"journal {name} is locked: {reason}", path=name, hint="Try again.")
    if isinstance(error, psycopg.DataError):
        return _unwritable(name, reason)
    if state.startswith("XX"):
        return _damaged(name, reason)
    return JournalError(f"journal {name} cannot be used: {reason}", path=name)


def unreachable(name: str, reason: str) -> JournalError:
    """Say that the server does not answer."""
    return JournalError(
        f"the server of journal {name} does not answer: {reason}",
        path=name,
        hint="Nothing is lost: when the server is there again, resume the run. `patience` in [store] url is how long "
        "one waits for it.",
        retryable=True,
    )


def closed(name: str) -> JournalError:
    """Say that the journal was let go of."""
    return JournalError(f"journal {name} is closed", path=name)


def foreign(name: str, schema: str) -> JournalCorrupt:
    """Say that the schema holds something else."""
    return JournalCorrupt(
        f"the schema {schema} of {name} holds tables that are not those of a journal of provisioning",
        path=name,
        hint="Name another one: ?schema=NAME in [store] url.",
    )


def too_new(name: str, version: int, known: int) -> JournalTooNew:
    """Say that a later version of the project wrote the journal."""
    return JournalTooNew(
        f"journal {name} has format {version}, and this version of provisioning knows formats up to {known}",
        path=name,
        hint="Use the newer version of provisioning that wrote it.",
    )


def in_use(name: str, workflow_id: str) -> JournalLocked:
    """Say that a run of the journal is driven, so that it cannot be migrated."""
    return JournalLocked(
        f"run {workflow_id} of journal {name} is being driven: it cannot be brought to the format of this version "
        "meanwhile",
        path=name,
        hint=f"Try again when the run has ended; `provisioning workflow cancel {workflow_id}` stops it.",
    )


def _damaged(name: str, reason: str) -> JournalCorrupt:
    return JournalCorrupt(
        f"journal {name} is damaged: {reason}",
        path=name,
        hint="Restore the database from a backup; what later runs created stays, and carries their labels.",
    )


def _unwritable(name: str, reason: str) -> JournalError:
    return JournalError(
        f"journal {name} cannot keep {reason}",
        path=name,
        hint="Results and events are JSON values with valid Unicode text; mend the operation kind that made this.",
    )
