"""The examination of a whole journal: the file, the rows that must belong together, and every run."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from provisioning.contract.journal import Archive, RunRecord
from provisioning.contract.rows import Row, Unreadable, as_document, as_event, as_id, as_operation, as_run
from provisioning.errors import JournalCorrupt
from provisioning.store import faults, queries
from provisioning.store.connection import can_write, check_current, connect_reader
from provisioning.store.soundness import run_problems

__all__ = ["JournalProblem", "examine_archive", "examine_journal", "problems_of_row"]

T = TypeVar("T")

_MOST = 100
"""How many problems are listed at most, of the file and of each run."""


@dataclass(frozen=True, slots=True)
class JournalProblem:
    """One thing that is wrong with a journal; `workflow_id` names the run, None stands for the journal itself."""

    message: str
    workflow_id: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return the JSON form."""
        return {"workflow_id": self.workflow_id, "message": self.message}


def examine_journal(path: Path, *, busy_timeout: float = 10.0) -> list[JournalProblem]:
    """Return everything that is wrong with a journal of this version, as it is at one moment; it is only read.

    Damage is a problem like any other. Raises the `JournalError` of a file that is no journal, or cannot be opened.
    """
    path = path.absolute()
    with (
        faults.translated(path),
        closing(connect_reader(path, busy_timeout=busy_timeout, writable=can_write(path))) as connection,
    ):
        check_current(connection, path)
        connection.execute("BEGIN")
        return list(dict.fromkeys([*_of_journal(connection), *_of_runs(connection)]))


def examine_archive(archive: Archive) -> list[JournalProblem]:
    """Return everything that is wrong with the runs of a journal, wherever it is kept, as it is at one moment."""
    problems: list[JournalProblem] = []
    newest = 0
    try:
        for run in archive.list_runs():
            problems.extend(
                JournalProblem(message, run.workflow_id) for message in islice(_of_run(archive, run), _MOST)
            )
        newest = max((event.sequence for event in archive.list_events()), default=0)
    except JournalCorrupt as error:
        problems.append(JournalProblem(error.message))
    if archive.last_sequence < newest:
        problems.append(JournalProblem(f"its last_sequence is {archive.last_sequence}, and there is an event {newest}"))
    return problems


def _of_run(archive: Archive, run: RunRecord) -> Iterator[str]:
    """Yield the problems of one run, and what cannot be read of it as one thing more."""
    try:
        archive.get_document(run.workflow_id)
        yield from run_problems(run, archive.list_operations(run.workflow_id), archive.list_events(run.workflow_id))
    except JournalCorrupt as error:
        yield f"cannot be read to its end: {error.message}"


def _of_journal(connection: sqlite3.Connection) -> Iterator[JournalProblem]:
    for examine in (_damage, _lost_meta, _strays):
        for message in islice(_guarded(examine, connection), _MOST):
            yield JournalProblem(message)


def _of_runs(connection: sqlite3.Connection) -> Iterator[JournalProblem]:
    """Yield the problems of each run; where the list of runs itself is damaged, of those that can be found."""
    rows: list[Row] = []

    def read(connection: sqlite3.Connection) -> Iterator[str]:
        rows.extend(connection.execute(queries.LIST_RUNS, {"state": None, "name": None, "before": None, "limit": -1}))
        yield from ()

    yield from map(JournalProblem, _guarded(read, connection))
    for row in rows:
        for message in islice(_guarded(partial(problems_of_row, row=row), connection), _MOST):
            yield JournalProblem(message, row[1])


def problems_of_row(connection: sqlite3.Connection, row: Row) -> Iterator[str]:
    """Yield what is wrong with a run; `row` is the run's own."""
    try:
        run = as_run(row)
        document: Row | None = connection.execute(queries.FIND_DOCUMENT_OF, row[:1]).fetchone()
        if document is not None:
            as_document(*document)
    except Unreadable as error:
        yield str(error)
        return
    if document is None:
        yield "its document is missing"
        return
    wanted = {"workflow_id": run.workflow_id, "start": 0, "states": None, "after": 0, "limit": -1}
    operations = _tried(as_operation, connection.execute(queries.LIST_OPERATIONS, wanted))
    events = _tried(as_event, connection.execute(queries.LIST_EVENTS_OF_RUN, wanted))
    yield from run_problems(run, operations, events)


def _tried(decode: Callable[[Row], T], rows: Iterable[Row]) -> Iterator[T | Unreadable]:
    for row in rows:
        try:
            yield decode(row)
        except Unreadable as error:
            yield error


def _guarded(examine: Callable[[sqlite3.Connection], Iterator[str]], connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what an examination finds, and damage that it meets as one thing more."""
    try:
        yield from examine(connection)
    except sqlite3.Error as error:
        if not faults.is_damage(error):
            raise
        yield f"cannot be read to its end: {error}"


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what SQLite finds in the file, page by page."""
    for (message,) in connection.execute(f"PRAGMA integrity_check({_MOST})"):
        if message != "ok":
            yield from (f"the file is damaged: {line}" for line in message.splitlines())


def _lost_meta(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong with the things that are there once."""
    try:
        as_id(connection.execute(queries.FIND_META, ("installation_id",)).fetchone())
    except Unreadable as error:
        yield str(error)
    (newest,) = connection.execute(queries.FIND_NEWEST_EVENT).fetchone()
    last = connection.execute(queries.FIND_LAST_SEQUENCE).fetchone()
    if last is None or last[0] < newest:
        yield f"its last_sequence is {'missing' if last is None else last[0]}, and there is an event {newest}"


def _strays(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the rows that belong to no run."""
    for table, run, count in connection.execute(queries.LIST_STRAYS):
        yield f"{count} of its {table} belong to run number {run}, which is not there"
