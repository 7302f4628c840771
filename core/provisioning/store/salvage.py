"""Salvage: what can be read of a damaged journal, put into a new one.

A run that is whole by every rule of an examination is kept as it was. Of one that is not, what is left is kept as a
remnant: it can be undone as far as it is known, and never resumed, because an operation whose record was lost would
be done a second time. The damaged file is only read.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioning.contract.rows import Row, Unreadable, as_document, as_event, as_operation, as_run, error_column
from provisioning.errors import ErrorInfo
from provisioning.store import faults, queries
from provisioning.store.connection import check_identity, connect_reader, connect_writer, make_folder, prepare
from provisioning.store.examination import problems_of_row
from provisioning.store.soundness import REMNANT
from provisioning.store.tear import TornTable

__all__ = ["Salvage", "salvage_journal"]

_TYPES: Mapping[str, tuple[type, ...]] = {"INTEGER": (int,), "REAL": (float, int), "TEXT": (str,), "BLOB": (bytes,)}


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that is copied: by which key it is read, and what reads a row of it, from which columns."""

    name: str
    key: str
    read: Callable[[Row], object]
    columns: tuple[str, ...]


_RUNS = _Table(
    "runs",
    "run",
    as_run,
    (
        *("run", "workflow_id", "name", "state", "digest", "total", "created_at", "updated_at", "error", "cancel"),
        *("lease_holder", "lease_fence", "lease_since", "lease_expires_at", "outputs", "events"),
    ),
)
_DOCUMENTS = _Table("documents", "run", lambda row: as_document(*row), ("document",))
_OPERATIONS = _Table(
    "operations",
    "position",
    as_operation,
    (
        *("position", "operation_id", "kind", "state", "provider", "attempt", "generation", "client_token", "digest"),
        *("compensation", "progress", "result", "resources", "error", "started_at", "ended_at"),
    ),
)
_EVENTS = _Table("events", "sequence", as_event, ("sequence", "run", "kind", "at", "operation_id", "data"))


@dataclass(slots=True)
class Salvage:
    """What became of a damaged journal. `remnants` says of each run what is missing; `losses` is of the journal.

    `lost` names the runs of which nothing could be kept, as far as their names are known.
    """

    whole: list[str] = field(default_factory=list)
    remnants: dict[str, list[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing at all was lost."""
        return not (self.remnants or self.lost or self.losses)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"whole": self.whole, "remnants": self.remnants, "lost": self.lost, "losses": self.losses}


def salvage_journal(source: Path, target: Path, *, busy_timeout: float = 10.0) -> Salvage:
    """Put what can be read of the journal `source` into a new one, `target`, and say what became of it.

    `target` appears when it is complete. Raises `JournalCorrupt` when nothing can be read at all, and any other
    `JournalError`.
    """
    source, target = source.absolute(), target.absolute()
    if target.exists():
        raise faults.occupied(target)
    with faults.translated(source):
        if not source.exists():
            raise faults.missing(source)
        torn = connect_reader(source, busy_timeout=busy_timeout, writable=False)
    with closing(torn):
        with faults.translated(source):
            torn.execute("PRAGMA writable_schema = ON")  # or else SQLite opens no file that lost its end
            check_identity(torn, source)
            installation_id = _meta(torn, "installation_id")
        with faults.translated(target):
            make_folder(target.parent)
            draft = target.with_name(f"{target.name}.salvaging")
            _remove(draft)
            with closing(connect_writer(draft, synchronous="FULL", busy_timeout=busy_timeout)) as fresh:
                prepare(fresh, draft, str(installation_id or secrets.token_hex(8)), busy_timeout=busy_timeout)
                salvage = _Work(torn, fresh).done(has_id=installation_id is not None)
            draft.replace(target)
    return salvage


def _remove(draft: Path) -> None:
    """Remove what a salvage left behind that was killed."""
    for suffix in ("", "-wal", "-shm"):
        draft.with_name(f"{draft.name}{suffix}").unlink(missing_ok=True)


def _meta(connection: sqlite3.Connection, key: str) -> Any:
    """Return one of the things that are there once, or None when it cannot be read."""
    with suppress(sqlite3.DatabaseError):
        row = connection.execute(queries.FIND_META, (key,)).fetchone()
        return None if row is None else row[0]
    return None


class _Work:
    """One salvage: row by row from `torn` to `fresh`, then run by run."""

    def __init__(self, torn: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
        self._torn = torn
        self._fresh = fresh
        self._salvage = Salvage()

    def done(self, *, has_id: bool) -> Salvage:
        """Copy everything that can be read in one transaction, judge each run, and return what became of it all."""
        if not has_id:
            self._salvage.losses.append("its installation id: labels on servers do not lead to this journal any more")
        self._fresh.execute("BEGIN IMMEDIATE")
        self._copy(_RUNS)
        self._copy(_DOCUMENTS)
        for run, *_ in self._fresh.execute(queries.LIST_RUNS_OLDEST_FIRST).fetchall():
            self._copy(_OPERATIONS, run=run)
        has_all_events = self._copy(_EVENTS)
        if "events" not in _columns(self._torn, "runs"):  # version 1 did not count them
            self._fresh.execute(queries.COUNT_EVENTS if has_all_events else queries.UNCOUNT_EVENTS)
        self._drop_strays()
        self._fresh.execute(queries.TAKE_LEASES_AWAY)
        self._judge_runs()
        self._set_last_sequence()
        self._fresh.execute("COMMIT")
        return self._salvage

    # -- copying -------------------------------------------------------------------------------------------------

    def _copy(self, table: _Table, **wanted: int) -> bool:
        """Copy the rows of a table that can be read and mean something; return whether these are all."""
        types = {name: _TYPES[declared] for name, declared in _columns(self._fresh, table.name).items()}
        known = _columns(self._torn, table.name)
        names = [name for name in types if name in known]
        where = "".join(f"{name} = :{name} AND " for name in wanted)
        columns, places = ", ".join(names), ", ".join("?" * len(names))
        source = TornTable(
            self._torn,
            f"SELECT {table.key}, {columns} FROM {table.name} WHERE {where}{table.key} >= :start "  # noqa: S608
            f"ORDER BY {table.key} LIMIT :limit",
        )
        write = f"INSERT INTO {table.name} ({columns}) VALUES ({places})"  # noqa: S608 - names of our own schema
        broken = 0
        for _, *values in source.rows(**wanted):
            row = dict(zip(names, values, strict=True))
            broken += not (_means_something(table, row, types) and self._put(write, values))
        subject = f"{table.name} of run number {wanted['run']}" if wanted else table.name
        if source.tears:
            self._salvage.losses.append(f"{subject}: could not be read at {source.tears} places")
        if broken:
            self._salvage.losses.append(f"{subject}: {broken} rows mean nothing")
        return not (source.tears or broken)

    def _put(self, statement: str, values: Sequence[object]) -> bool:
        try:
            self._fresh.execute(statement, values)
        except sqlite3.IntegrityError:
            return False
        return True

    def _drop_strays(self) -> None:
        for table, run, count in self._fresh.execute(queries.LIST_STRAYS).fetchall():
            self._salvage.losses.append(f"{table}: {count} rows of run number {run}, whose own record is lost")
            self._fresh.execute(f"DELETE FROM {table} WHERE run = ?", (run,))  # noqa: S608 - a table of our own schema

    # -- judging -------------------------------------------------------------------------------------------------

    def _judge_runs(self) -> None:
        kept = self._fresh.execute(queries.LIST_RUNS_OLDEST_FIRST).fetchall()
        for row in kept:
            run, workflow_id = row[:2]
            problems = list(problems_of_row(self._fresh, row))
            if not problems:
                self._salvage.whole.append(workflow_id)
            elif self._fresh.execute(queries.FIND_DOCUMENT_OF, (run,)).fetchone() is None:
                self._salvage.lost.append(workflow_id)
                for statement in queries.FORGET_RUN:
                    self._fresh.execute(statement, (run,))
            else:
                self._salvage.remnants[workflow_id] = problems
                self._fresh.execute(queries.MARK_REMNANT, (error_column(_remnant_error(problems)), run))
        self._salvage.lost.extend(sorted(set(_names(self._torn)) - {row[1] for row in kept}))

    def _set_last_sequence(self) -> None:
        (newest,) = self._fresh.execute(queries.FIND_NEWEST_EVENT).fetchone()
        last = _meta(self._torn, "last_sequence")
        self._fresh.execute(queries.SET_LAST_SEQUENCE, (max(newest, last) if isinstance(last, int) else newest,))


def _remnant_error(problems: list[str]) -> ErrorInfo:
    return ErrorInfo(
        REMNANT,
        f"the journal was damaged, and this run is not whole: {problems[0]}",
        "it can be rolled back as far as it is known; `provisioning server orphans` finds what is not",
        details={"problems": problems[:100]},
    )


def _names(torn: sqlite3.Connection) -> Iterator[str]:
    """Yield the ids of runs, as far as they can be read from their index, which is not where the runs are."""
    with suppress(sqlite3.DatabaseError):
        for (workflow_id,) in torn.execute(queries.LIST_IDS):
            if isinstance(workflow_id, str):
                yield workflow_id


def _means_something(table: _Table, row: Mapping[str, object], types: Mapping[str, tuple[type, ...]]) -> bool:
    """Whether a row holds what is written there: torn pages may read as rows of anything."""
    if not all(value is None or isinstance(value, types[name]) for name, value in row.items()):
        return False
    try:
        table.read(tuple(row.get(name) for name in table.columns))
    except Unreadable:
        return False
    return True


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Return the columns of a table, with the types that they are declared with; torn, those may be any text."""
    return dict(connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall())
