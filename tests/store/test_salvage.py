"""Salvage: whatever was torn, what is kept is sound, and no run is kept as whole that is not."""

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioning.contract import (
    Batch,
    Compensation,
    CompensationAction,
    EventKind,
    NewEvent,
    OperationState,
    Resource,
    RunState,
)
from provisioning.errors import JournalCorrupt, JournalError, JournalTooNew
from provisioning.store import examine_journal, export_journal, open_journal, salvage_journal
from tests.store.older import content, older_journal
from tests.store.scene import driven, started

LEASE = ("lease_holder", "lease_since", "lease_expires_at", "lease_fence")
RUNS = [f"wf-{number}" for number in range(8)]


def _write(path: Path) -> None:
    """Make a journal of some runs and many pages, as drivers write it."""
    with open_journal(path, synchronous="OFF") as journal:
        for workflow_id in RUNS:
            writer = driven(journal, workflow_id)
            writer.commit(Batch(events=[NewEvent(EventKind.WORKFLOW_STARTED)]))
            for position in (1, 2):
                record = started(position)
                record.compensation = Compensation(CompensationAction.DELETE_RESOURCE, "delete " * 30)
                record.client_token = random.Random(position).randbytes(16).hex()
                writer.commit(Batch([record], [NewEvent(EventKind.OPERATION_STARTED, record.operation_id)]))
                notes = [NewEvent(EventKind.OPERATION_OUTPUT, record.operation_id, {"text": "x" * 300})] * 12
                record.state, record.result = OperationState.SUCCEEDED, {"text": "y" * 6000}
                record.resources = (Resource("server", f"srv-{workflow_id}-{position}", "local"),)
                writer.commit(Batch([record], [*notes, NewEvent(EventKind.OPERATION_SUCCEEDED, record.operation_id)]))
            writer.commit(Batch(events=[NewEvent(EventKind.WORKFLOW_COMPLETED)], state=RunState.SUCCEEDED))
            writer.release()


@pytest.fixture(scope="module")
def sound() -> Iterator[Path]:
    """A journal at rest with nothing wrong in it; it is copied, and never changed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.db"
        _write(path)
        assert examine_journal(path) == []
        yield path


def _lines(path: Path, workflow_id: str) -> list[dict[str, object]]:
    lines = [line for line in export_journal(path, workflow_id) if line["type"] not in ("journal", "end")]
    return [{key: value for key, value in line.items() if key != "lease"} for line in lines]


def _shape(path: Path, workflow_id: str) -> list[tuple[object, ...]]:
    """Return what a run consists of, without the text that nothing could tell from other text."""
    names = ("type", "workflow_id", "position", "sequence", "total", "events")
    return [tuple(line.get(name) for name in names) for line in _lines(path, workflow_id)]


def test_sound_journal(sound: Path, tmp_path: Path) -> None:
    """Everything is whole, the installation is the same, and the file that is read is not changed."""
    before = sound.read_bytes()
    salvage = salvage_journal(sound, tmp_path / "new" / "journal.db")

    assert (salvage.whole, salvage.is_complete) == (RUNS, True)
    assert content(sound, without=LEASE) == content(tmp_path / "new" / "journal.db", without=LEASE)
    assert before == sound.read_bytes()
    assert [path.name for path in sound.parent.iterdir()] == ["sound.db"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [".gitignore", "journal.db"]


def test_older_journal(path: Path, tmp_path: Path) -> None:
    """One of an older version is read as it is, and becomes one of this version."""
    salvage = salvage_journal(older_journal(path), tmp_path / "new.db")

    assert salvage.whole == ["wf-good", "wf-web", "wf-undone", "wf-partial", "wf-killed"]
    assert examine_journal(tmp_path / "new.db") == []


def test_older_journal_that_lost_events(path: Path, tmp_path: Path) -> None:
    """Version 1 did not count events: once one is lost, no run of it can be proved whole."""
    older_journal(path)
    _sql(path, "UPDATE events SET data = '{' WHERE sequence = 39", "DELETE FROM operations WHERE run = 5")
    salvage = salvage_journal(path, tmp_path / "new.db")

    assert salvage.whole == []
    assert set(salvage.remnants) == {"wf-good", "wf-web", "wf-undone", "wf-partial", "wf-killed"}
    assert salvage.remnants["wf-web"] == ["nobody knows how many events it had"]
    assert salvage.losses == ["events: 1 rows mean nothing"]
    assert examine_journal(tmp_path / "new.db") == []


def test_what_is_in_the_log_is_read(path: Path, tmp_path: Path) -> None:
    """What was committed and is not in the file itself yet is there."""
    with open_journal(path) as journal:
        driven(journal)
        assert salvage_journal(path, tmp_path / "new.db").whole == ["wf-1"]


def _copy(sound: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return Path(shutil.copyfile(sound, folder / "journal.db"))


def _sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_run_that_is_not_whole_becomes_a_remnant(sound: Path, tmp_path: Path) -> None:
    """It can be undone and never resumed, and says why; the others are whole."""
    path = _copy(sound, tmp_path)
    _sql(path, "DELETE FROM operations WHERE run = 3 AND position = 2")
    salvage = salvage_journal(path, tmp_path / "new.db")

    problem = "it is succeeded, and has 1 operations of 2"
    assert salvage.remnants == {"wf-2": [problem, "its events tell of operation op-2, which has no record"]}
    assert salvage.whole == [name for name in RUNS if name != "wf-2"]
    with open_journal(tmp_path / "new.db") as journal:
        run = journal.get_run("wf-2")
        assert run.state is RunState.ROLLBACK_FAILED
        assert run.error is not None
        assert run.error.message == f"the journal was damaged, and this run is not whole: {problem}"
        assert [record.operation_id for record in journal.list_operations("wf-2")] == ["op-1"]
    assert examine_journal(tmp_path / "new.db") == []


def test_run_without_its_document_is_lost(sound: Path, tmp_path: Path) -> None:
    """Nothing can be done with it; its id is told, and its rows are gone."""
    path = _copy(sound, tmp_path)
    _sql(path, "UPDATE documents SET document = x'00' WHERE run = 1", "DELETE FROM runs WHERE run = 2")
    salvage = salvage_journal(path, tmp_path / "new.db")

    assert (salvage.lost, salvage.remnants) == (["wf-0"], {})
    assert salvage.losses == [
        "documents: 1 rows mean nothing",
        "events: 30 rows of run number 2, whose own record is lost",
        "documents: 1 rows of run number 2, whose own record is lost",
    ]
    assert examine_journal(tmp_path / "new.db") == []


def test_installation_that_is_not_known_any_more(sound: Path, tmp_path: Path) -> None:
    """Without its id a journal gets another one, and the loss is told."""
    path = _copy(sound, tmp_path)
    _sql(path, "DELETE FROM meta")
    salvage = salvage_journal(path, tmp_path / "new.db")

    assert salvage.losses == ["its installation id: labels on servers do not lead to this journal any more"]
    with open_journal(tmp_path / "new.db") as journal:
        assert journal.last_sequence() == 240


@pytest.mark.parametrize("name", ["new.db", "journal.db"])
def test_nothing_is_written_over(sound: Path, tmp_path: Path, name: str) -> None:
    """A file that is there stays, the damaged one included."""
    path = _copy(sound, tmp_path)
    (tmp_path / "new.db").touch()
    with pytest.raises(JournalError) as caught:
        salvage_journal(path, tmp_path / name)

    expected = f"{tmp_path / name} is there already, and a salvaged journal is put into a file of its own"
    assert expected == caught.value.message


def test_what_is_no_journal(sound: Path, tmp_path: Path) -> None:
    """Nothing is salvaged from a newer journal, from something else, or from nothing."""
    newer = _copy(sound, tmp_path)
    _sql(newer, "PRAGMA user_version = 9")
    with pytest.raises(JournalTooNew):
        salvage_journal(newer, tmp_path / "new.db")
    (tmp_path / "text").write_text("once upon a time\n" * 500)
    with pytest.raises(JournalCorrupt):
        salvage_journal(tmp_path / "text", tmp_path / "new.db")
    with pytest.raises(JournalError):
        salvage_journal(tmp_path / "none", tmp_path / "new.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.db", "text"]


tears = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(1, 12_000), st.sampled_from(["zero", "random", "cut"])),
    min_size=1,
    max_size=4,
)


def _torn(content: bytearray, tears: list[tuple[int, int, str]]) -> bytearray:
    for place, longest, how in tears:
        start = place * len(content) // 10**6
        length = min(longest, len(content) - start)
        if how == "cut":
            del content[start:]
            content.extend(bytes(length))
        else:
            piece = bytes(length) if how == "zero" else random.Random(place).randbytes(length)
            content[start : start + length] = piece
    return content


@settings(max_examples=60)
@given(tears)
@example([(9254, 1, "random")])  # a column of the schema that is declared with no type there is
def test_torn_anywhere(sound: Path, tears: list[tuple[int, int, str]]) -> None:
    """Never a crash; what is kept as whole has all of its operations and events; what is kept at all is sound."""
    with tempfile.TemporaryDirectory() as folder:
        path, target = Path(folder) / "torn.db", Path(folder) / "new.db"
        path.write_bytes(_torn(bytearray(sound.read_bytes()), tears))
        try:
            salvage = salvage_journal(path, target)
        except JournalError:
            assert not target.exists()
            return
        assert examine_journal(target) == []
        assert set(salvage.whole) | set(salvage.remnants) | set(salvage.lost) <= set(RUNS)
        for workflow_id in salvage.whole:
            assert _shape(sound, workflow_id) == _shape(target, workflow_id)
        with open_journal(target) as journal:
            kept = {run.workflow_id: run.state for run in journal.list_runs()}
        assert set(kept) == {*salvage.whole, *salvage.remnants}
        assert {kept[name] for name in salvage.remnants} <= {RunState.ROLLBACK_FAILED}
        if len(kept) < len(RUNS) or salvage.remnants:
            assert not salvage.is_complete
