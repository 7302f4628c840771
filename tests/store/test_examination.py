"""Examination: a journal that a run really wrote is sound, and whatever is missing or wrong in one is named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from provisioning.errors import JournalCorrupt, JournalError
from provisioning.store import JournalProblem, examine_journal, open_journal
from tests.store.older import older_journal


@pytest.fixture
def real(path: Path) -> Path:
    """A journal in which runs have ended in every way, and one was killed."""
    with open_journal(older_journal(path)):
        return path


def _sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def _found(path: Path) -> list[tuple[str | None, str]]:
    return [(problem.workflow_id, problem.message) for problem in examine_journal(path)]


def test_real_journal_is_sound(real: Path) -> None:
    """There is nothing wrong with runs that succeeded, were undone, ended in part, or were killed."""
    assert examine_journal(real) == []


@pytest.mark.parametrize(
    ("statement", "workflow_id", "message"),
    [
        ("DELETE FROM meta WHERE key = 'installation_id'", None, "its installation_id is missing"),
        (
            "UPDATE meta SET value = 40 WHERE key = 'last_sequence'",
            None,
            "its last_sequence is 40, and there is an event 41",
        ),
        (
            "DELETE FROM meta WHERE key = 'last_sequence'",
            None,
            "its last_sequence is missing, and there is an event 41",
        ),
        ("DELETE FROM documents WHERE run = 2", "wf-web", "its document is missing"),
        (
            "UPDATE documents SET document = x'00' WHERE run = 2",
            "wf-web",
            "the document of a run: Error -5 while decompressing data: incomplete or truncated stream",
        ),
        ("UPDATE runs SET state = 'asleep' WHERE run = 2", "wf-web", "run wf-web: 'asleep' is not a valid RunState"),
        ("DELETE FROM events WHERE sequence = 17", "wf-web", "it has 4 events, and counted 5"),
        (
            "UPDATE operations SET state = 'odd' WHERE run = 2",
            "wf-web",
            "operation web: 'odd' is not a valid OperationState",
        ),
        (
            "DELETE FROM operations WHERE run = 1 AND position = 2",
            "wf-good",
            "operation many.a stands at position 3, and 2 is missing",
        ),
        (
            "DELETE FROM operations WHERE run = 5 AND position = 2",
            "wf-killed",
            "its events tell of operation waits, which has no record",
        ),
        (
            "UPDATE operations SET result = NULL WHERE run = 2",
            "wf-web",
            "operation web is succeeded, and has no result",
        ),
        (
            "UPDATE operations SET state = 'started' WHERE run = 5 AND position = 1",
            "wf-killed",
            "operation first is started, and the events leave it succeeded",
        ),
        (
            "UPDATE events SET kind = 'WorkflowResumed' WHERE sequence = 31",
            None,
            None,
        ),
        (
            "UPDATE events SET kind = 'RollbackCompleted' WHERE sequence = 39",
            "wf-killed",
            "event 39 (RollbackCompleted) makes it rolled_back, which cannot follow running",
        ),
        (
            "UPDATE runs SET state = 'failed' WHERE workflow_id = 'wf-partial'",
            "wf-partial",
            "it is failed, and its events leave it partial",
        ),
        (
            "UPDATE events SET data = '{' WHERE sequence = 39",
            "wf-killed",
            "event 39: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
    ],
)
def test_what_is_wrong_is_named(real: Path, statement: str, workflow_id: str | None, message: str | None) -> None:
    """One thing is wrong, and it is the one that is told; an order of events that may be is not wrong."""
    _sql(real, statement)

    assert _found(real) == ([] if message is None else [(workflow_id, message)])


def test_states_that_do_not_go_together(real: Path) -> None:
    """A run that has ended holds no operation that could not be in it then."""
    _sql(real, "UPDATE operations SET state = 'waiting' WHERE run = 4 AND position = 1")

    assert _found(real) == [
        ("wf-partial", "it is partial, and its operation works is waiting"),
        ("wf-partial", "operation works is waiting, and the events leave it succeeded"),
    ]


def test_run_that_lost_its_last_operations(real: Path) -> None:
    """A run that has succeeded has all of its operations."""
    _sql(
        real,
        "DELETE FROM operations WHERE run = 1 AND position = 4",
        "DELETE FROM events WHERE run = 1 AND operation_id = 'many.b'",
        "UPDATE runs SET events = 10 WHERE run = 1",
    )

    assert _found(real) == [("wf-good", "it is succeeded, and has 3 operations of 4")]


def test_rows_that_belong_to_no_run(real: Path) -> None:
    """What a run left behind is counted, table by table."""
    _sql(real, "DELETE FROM runs WHERE run = 2")

    assert examine_journal(real) == [
        JournalProblem("1 of its operations belong to run number 2, which is not there"),
        JournalProblem("5 of its events belong to run number 2, which is not there"),
        JournalProblem("1 of its documents belong to run number 2, which is not there"),
    ]


def _index_page(path: Path) -> tuple[int, int]:
    """Return where the page of an index stands in the file, from its first byte to the byte behind it."""
    _sql(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events_of_a_run'").fetchone()
    return (page - 1) * 4096, page * 4096


def test_page_that_cannot_be_read(real: Path) -> None:
    """It is told of, and the examination goes on where it can."""
    start, end = _index_page(real)
    content = bytearray(real.read_bytes())
    content[start:end] = b"\x5a" * 4096
    real.write_bytes(content)

    message = "cannot be read to its end: database disk image is malformed"
    runs = ("wf-killed", "wf-partial", "wf-undone", "wf-web", "wf-good")
    assert _found(real) == [(None, message), *((workflow_id, message) for workflow_id in runs)]


def test_page_that_says_another_thing(real: Path) -> None:
    """An index that does not agree with its table is found by SQLite's own check."""
    start, end = _index_page(real)
    content = bytearray(real.read_bytes())
    place = content.index(b"\x03\x09\x01\x02", start, end) + 3  # the entry of event 2 of run 1
    content[place] = 77
    real.write_bytes(content)

    assert _found(real)[0] == (None, "the file is damaged: row 2 missing from index events_of_a_run")


def test_text_that_is_none(real: Path) -> None:
    """Text that is not UTF-8 is damage where it is met, and no fault of the program."""
    _sql(real, "UPDATE operations SET kind = CAST(x'ff' AS TEXT) WHERE run = 2")

    message = "cannot be read to its end: Could not decode to UTF-8 column 'kind' with text '\ufffd'"
    assert _found(real) == [("wf-web", message)]
    with open_journal(real) as journal, pytest.raises(JournalCorrupt):
        journal.get_operation("wf-web", "web")


def test_what_is_no_journal_is_no_answer(tmp_path: Path) -> None:
    """A file of something else, or none at all, is an error and not a list of problems."""
    _sql(tmp_path / "other.db", "CREATE TABLE bookmarks (url TEXT)")
    for path in (tmp_path / "other.db", tmp_path / "none.db"):
        with pytest.raises(JournalError):
            examine_journal(path)
