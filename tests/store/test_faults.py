"""Faults: a full, failing, locked or read-only disk is a clear error, and a batch is never half there."""

import errno
import os
import sqlite3
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import Batch, EventKind, NewEvent, NewRun, RunState
from provisioning.errors import JournalError, JournalFull, JournalLocked, JournalReadOnly
from provisioning.store import SqliteJournal, open_journal
from provisioning.store.faults import translated
from tests.store.scene import another_process, driven, one_step, started

FULL_HINT = "Free some room on that disk, then resume the run."


@pytest.fixture
def place(path: Path) -> str:
    """Return where the journal is to be: this is of the journal in a file."""
    return str(path)


def _writer_of(journal: SqliteJournal) -> sqlite3.Connection:
    connection = journal._group._connection
    assert connection is not None
    return connection


def _large(position: int) -> Batch:
    """Return a batch that needs many pages."""
    batch = one_step(position)
    batch.operations[0].result = {"output": "x" * 200_000}
    batch.state = RunState.SUCCEEDED
    return batch


def test_full_disk_keeps_nothing_of_the_batch(journal: SqliteJournal, path: Path) -> None:
    """Without room the whole batch is undone, the lease with it; with room again the same batch is written."""
    writer = driven(journal)
    writer.commit(one_step(1))
    before = journal.get_run("wf-1")
    connection = _writer_of(journal)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(JournalFull) as caught:
        writer.commit(_large(2))

    expected = f"there is no room left for journal {path}; this step was not recorded, and what it was for not begun"
    assert expected == caught.value.message
    assert caught.value.hint == FULL_HINT
    assert before == journal.get_run("wf-1")
    assert [record.operation_id for record in journal.list_operations("wf-1")] == ["op-1"]
    assert len(journal.list_events()) == 1

    connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    assert writer.commit(_large(2)) == 2


def test_failing_disk(path: Path) -> None:
    """When the system refuses a write, the batch is undone and what was there before can be read."""
    code = """
import resource, signal
from provisioning.errors import ProvisioningError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = open_journal(path)
writer = driven(journal)
writer.commit(one_step(1))
batch = one_step(2)
batch.operations[0].result = {"output": "x" * 2_000_000}
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))
try:
    writer.commit(batch)
except ProvisioningError as error:
    print(error.code, error.message, error.hint, len(list(journal.list_operations("wf-1"))), sep="|")
"""
    with another_process(path, code) as (_, line):
        expected = (
            f"JournalError|the disk failed under journal {path}: disk I/O error|"
            "Check the disk and its free room, then resume the run.|1"
        )
        assert expected == line


def test_locked_journal(journal: SqliteJournal, path: Path) -> None:
    """When somebody else writes for longer than we wait, the error says so, and may be retried; reads go on."""
    writer = driven(journal)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(JournalLocked) as caught:
        writer.commit(one_step(1))

    assert caught.value.message == f"journal {path} is locked by another process"
    hint = "Try again when the other command has ended; a backup or an open `sqlite3` shell may hold the file, too."
    assert hint == caught.value.hint
    assert caught.value.retryable
    assert journal.list_events() == []
    other.execute("ROLLBACK")
    other.close()
    assert writer.commit(one_step(1)) == 1


def test_journal_that_became_read_only(journal: SqliteJournal, path: Path) -> None:
    """A write that SQLite refuses because it may not write is told as that."""
    writer = driven(journal)
    _writer_of(journal).execute("PRAGMA query_only = ON")

    with pytest.raises(JournalReadOnly) as caught:
        writer.commit(one_step(1))

    expected = f"journal {path} cannot be written: attempt to write a readonly database"
    assert expected == caught.value.message


def test_readers_cannot_write(journal: SqliteJournal) -> None:
    """A read connection refuses to write, whatever it is sent."""
    with pytest.raises(JournalReadOnly), journal._readers.read() as connection:
        connection.execute("DELETE FROM runs")


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"when": object()}, "operation op-1: object is not a JSON value"),
        ({("a", "b"): 1}, "operation op-1: keys must be str, int, float, bool or None, not tuple"),
    ],
)
def test_result_that_is_no_json(journal: SqliteJournal, path: Path, result: Mapping[str, Any], reason: str) -> None:
    """A value that cannot be kept is refused before anything is written, and named."""
    writer = driven(journal)
    record = started(1)
    record.result = result

    with pytest.raises(JournalError) as caught:
        writer.commit(Batch([started(0), record]))

    assert caught.value.message == f"journal {path} cannot keep {reason}"
    assert list(journal.list_operations("wf-1")) == []


def test_value_that_is_too_deep(journal: SqliteJournal) -> None:
    """A value nested beyond all measure is refused like any that is no JSON."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(JournalError, match="cannot keep event Deep: "):
        driven(journal).commit(Batch(events=[NewEvent("Deep", data={"it": deep})]))


def test_other_values_that_are_no_json(journal: SqliteJournal, path: Path) -> None:
    """Events and documents are checked like results."""
    writer = driven(journal)
    with pytest.raises(JournalError) as caught:
        writer.commit(Batch(events=[NewEvent("Odd", data={"it": {1, 2}})]))
    assert caught.value.message == f"journal {path} cannot keep event Odd: set is not a JSON value"

    with pytest.raises(JournalError) as caught:
        journal.create_run(NewRun("wf-2", "n", {"it": b""}, "d", 0))
    assert caught.value.message == f"journal {path} cannot keep the document: bytes is not a JSON value"


def test_text_that_is_not_unicode(journal: SqliteJournal) -> None:
    """A name that no encoding can write is refused, and the batch with it."""
    writer = driven(journal)
    with pytest.raises(JournalError, match="cannot keep 'utf-8' codec can't encode"):
        writer.commit(Batch([started(1, "ok"), started(2, "\udcff")]))

    assert list(journal.list_operations("wf-1")) == []


def test_mapping_that_is_no_dict(journal: SqliteJournal) -> None:
    """Any mapping is kept, frozen ones too."""
    record = started(1)
    record.result = types.MappingProxyType({"a": types.MappingProxyType({"b": 1})})
    driven(journal).commit(Batch([record]))

    kept = journal.get_operation("wf-1", "op-1")
    assert kept is not None
    assert kept.result == {"a": {"b": 1}}


def test_operation_never_changes_its_place(journal: SqliteJournal, path: Path) -> None:
    """One operation has one position in a run: a batch that says otherwise is refused whole."""
    writer = driven(journal)
    writer.commit(one_step(1))

    with pytest.raises(JournalError) as caught:
        writer.commit(Batch([started(2), started(3, "op-1")], [NewEvent(EventKind.OPERATION_STARTED, "op-2")]))

    reason = "UNIQUE constraint failed: operations.run, operations.operation_id"
    assert caught.value.message == f"journal {path} cannot be used: {reason}"
    assert [record.position for record in journal.list_operations("wf-1")] == [1]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, "JournalReadOnly"),
        (errno.EROFS, "JournalReadOnly"),
        (errno.ENOSPC, "JournalFull"),
        (errno.EDQUOT, "JournalFull"),
        (errno.ENOTDIR, "JournalError"),
    ],
)
def test_errors_of_the_system(tmp_path: Path, number: int, kind: str) -> None:
    """What the file system says is told in the journal's words, too."""
    with pytest.raises(JournalError) as caught, translated(tmp_path):
        raise OSError(number, os.strerror(number))

    assert kind == caught.value.code


def test_fault_of_one_process_is_not_anothers(path: Path) -> None:
    """Two journals of one file are independent: the room that one may use does not bind the other."""
    with open_journal(path) as one, open_journal(path) as two:
        pages = _writer_of(one).execute("PRAGMA page_count").fetchone()[0]
        writer = driven(one)
        _writer_of(one).execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(JournalFull):
            writer.commit(_large(1))
        assert driven(two, "wf-2").commit(_large(1)) == 1
