"""Pruning: what is over, old and holds nothing is forgotten whole; nothing else is touched."""

from pathlib import Path

import pytest

from provisioning.contract import (
    Batch,
    Compensation,
    CompensationAction,
    EventKind,
    NewEvent,
    OperationRecord,
    OperationState,
    Resource,
    RunState,
)
from provisioning.errors import ErrorInfo, RunFenced, RunNotFound
from provisioning.store import Candidate, SqliteJournal, examine_journal, find_candidates, forget, open_journal
from provisioning.store.writer import SqliteRunWriter
from tests.store.older import content, older_journal
from tests.store.scene import Clock, another_process, driven

SERVER = Resource("server", "srv-1", "local", "web")
LATER = 1e12


@pytest.fixture
def place(path: Path) -> str:
    """Return where the journal is to be: this is of the journal in a file."""
    return str(path)


def _found(path: Path, **options: object) -> list[tuple[str, tuple[str, ...]]]:
    candidates = find_candidates(path, **{"before": LATER, **options})  # type: ignore[arg-type]
    return [(candidate.run.workflow_id, candidate.holds) for candidate in candidates]


def _record(state: OperationState, *, position: int = 1, at: float = 1.0, **more: object) -> OperationRecord:
    record = OperationRecord(f"op-{position}", "server_create", state, position, "local", **more)  # type: ignore[arg-type]
    record.ended_at = at
    return record


def _ended(writer: SqliteRunWriter, *records: OperationRecord, state: RunState = RunState.SUCCEEDED) -> None:
    writer.commit(Batch(list(records), [NewEvent(EventKind.WORKFLOW_COMPLETED)], state))
    writer.release()


def test_runs_that_are_over(path: Path) -> None:
    """By itself only what succeeded or was undone is forgotten; what it made and nobody deleted keeps it."""
    with open_journal(older_journal(path)):
        pass

    assert _found(path) == [("wf-good", ()), ("wf-web", ("server web-1 of operation web",)), ("wf-undone", ())]
    assert _found(path, states=[RunState.PARTIAL]) == [("wf-partial", ())]
    assert _found(path, before=1_700_650_611.0) == [("wf-good", ()), ("wf-web", ("server web-1 of operation web",))]
    assert _found(path, keep=3) == [("wf-good", ()), ("wf-web", ("server web-1 of operation web",))]


def test_deleted_by_another_run(journal: SqliteJournal, path: Path, clock: Clock) -> None:
    """What a later run is known to have deleted holds nobody; what was deleted before it was made again does."""
    _ended(driven(journal, "wf-1"), _record(OperationState.SUCCEEDED, at=clock.now, resources=(SERVER,)))
    assert _found(path) == [("wf-1", ("server web of operation op-1",))]

    clock.now += 1
    deleted = NewEvent(EventKind.RESOURCE_DELETED, "op-1", Resource("server", "srv-1", "local").as_dict())
    writer = driven(journal, "wf-2")
    writer.commit(Batch(events=[deleted]))
    _ended(writer)
    assert _found(path) == [("wf-1", ()), ("wf-2", ())]

    clock.now += 1
    _ended(driven(journal, "wf-3"), _record(OperationState.SUCCEEDED, at=clock.now, resources=(SERVER,)))
    assert _found(path) == [("wf-1", ()), ("wf-2", ()), ("wf-3", ("server web of operation op-1",))]


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        (OperationState.COMPENSATED, ()),
        (OperationState.LEFT, ("server web of operation op-1",)),
        (
            OperationState.COMPENSATION_FAILED,
            ("server web of operation op-1", "operation op-1, which is compensation_failed"),
        ),
        (OperationState.STARTED, ("server web of operation op-1", "operation op-1, which is started")),
    ],
)
def test_what_an_operation_holds(
    journal: SqliteJournal, path: Path, state: OperationState, holds: tuple[str, ...]
) -> None:
    """What is undone holds nothing; what is in doubt or could not be undone holds by itself."""
    _ended(driven(journal), _record(state, resources=(SERVER,)), state=RunState.FAILED)

    assert _found(path, states=[RunState.FAILED]) == [("wf-1", holds)]


def test_failed_with_something_to_undo(journal: SqliteJournal, path: Path) -> None:
    """A failed operation that could have left something is settled first."""
    undo = Compensation(CompensationAction.DELETE_RESOURCE, "delete server web")
    error = ErrorInfo("Ambiguous", "no reply")
    records = [
        _record(OperationState.FAILED, position=1, compensation=undo, error=error),
        _record(OperationState.FAILED, position=2, error=error),
    ]
    _ended(driven(journal), *records, state=RunState.FAILED)

    assert _found(path, states=[RunState.FAILED]) == [("wf-1", ("operation op-1, which is failed",))]


def test_driven_run_is_left_out(journal: SqliteJournal, path: Path) -> None:
    """Whatever state it is in, a run that a living process drives is nobody's to forget."""
    driven(journal).commit(Batch(state=RunState.SUCCEEDED))

    assert _found(path) == []


def test_forgotten_whole(path: Path) -> None:
    """Everything of the run goes, everything else stays, and the journal is as sound as before."""
    with open_journal(older_journal(path)) as journal:
        before = content(path)
        (good, *_) = find_candidates(path, before=LATER)
        assert forget(path, [good]) == [good]
        with pytest.raises(RunNotFound):
            journal.get_run("wf-good")
        assert journal.last_sequence() == 41
        assert journal.list_events("wf-good") == []

    kept = {table: [row for row in rows if row.get("run") != 1] for table, rows in before.items()}
    assert kept == content(path)
    assert examine_journal(path) == []


def test_changed_since_it_was_found(journal: SqliteJournal, path: Path, clock: Clock) -> None:
    """A run that somebody went on with meanwhile is not forgotten, nor is one that is gone an error."""
    _ended(driven(journal, "wf-1"))
    _ended(driven(journal, "wf-2"))
    _ended(driven(journal, "wf-3"))
    found = find_candidates(path, before=LATER)
    clock.now += 1
    journal.acquire("wf-1", "me").commit(Batch(state=RunState.ROLLING_BACK))
    with another_process(path, "print(open_journal(path).acquire('wf-2', this_holder()).fence)"):
        assert [candidate.run.workflow_id for candidate in forget(path, found)] == ["wf-3"]
    assert forget(path, found[2:]) == []


def test_writer_of_a_forgotten_run(journal: SqliteJournal, path: Path) -> None:
    """Whoever still holds a lease on a run that was forgotten writes nothing, not even into its successor."""
    writer = driven(journal, "wf-1")
    writer.commit(Batch(state=RunState.SUCCEEDED))
    journal._group.write(lambda connection: connection.execute("UPDATE runs SET lease_holder = 'nobody'"))
    assert len(forget(path, [Candidate(journal.get_run("wf-1"), ())])) == 0
    journal._group.write(lambda connection: connection.execute("UPDATE runs SET lease_holder = NULL"))
    assert len(forget(path, [Candidate(journal.get_run("wf-1"), ())])) == 1
    driven(journal, "wf-2")
    with pytest.raises(RunFenced):
        writer.commit(Batch(state=RunState.FAILED))


def test_as_data(journal: SqliteJournal, path: Path, clock: Clock) -> None:
    """A candidate as JSON says what a person would ask before it goes."""
    _ended(driven(journal), _record(OperationState.SUCCEEDED, resources=(SERVER,)))
    (candidate,) = find_candidates(path, before=LATER)

    assert candidate.as_dict() == {
        "workflow_id": "wf-1",
        "name": "name of wf-1",
        "state": "succeeded",
        "operations": 2,
        "events": 1,
        "updated_at": clock.now,
        "holds": ["server web of operation op-1"],
    }
