"""The checkpoint: the same picture, read from the operations or folded from the events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.contract import (
    Batch,
    EventKind,
    NewEvent,
    OperationState,
    RunState,
    WorkflowCheckpoint,
)
from tests.store.scene import AnyJournal, Clock, Fresh, driven, new_run, started

STEPS = {
    OperationState.STARTED: EventKind.OPERATION_STARTED,
    OperationState.WAITING: EventKind.OPERATION_WAITING,
    OperationState.RETRYING: EventKind.OPERATION_RETRIED,
    OperationState.SUCCEEDED: EventKind.OPERATION_SUCCEEDED,
    OperationState.FAILED: EventKind.OPERATION_FAILED,
    OperationState.SKIPPED: EventKind.OPERATION_SKIPPED,
    OperationState.BLOCKED: EventKind.OPERATION_SKIPPED,
    OperationState.COMPENSATING: EventKind.COMPENSATION_STARTED,
    OperationState.COMPENSATED: EventKind.OPERATION_COMPENSATED,
    OperationState.COMPENSATION_FAILED: EventKind.COMPENSATION_FAILED,
    OperationState.LEFT: EventKind.COMPENSATION_SKIPPED,
}


def _step(position: int, state: OperationState, now: float) -> Batch:
    """Return the batch with which a driver moves one operation."""
    record = started(position)
    record.state, record.ended_at = state, now
    data = {"state": str(state)} if state in (OperationState.BLOCKED, OperationState.RETRYING) else {}
    return Batch([record], [NewEvent(STEPS[state], record.operation_id, data)])


def test_run_that_has_not_begun(journal: AnyJournal, clock: Clock) -> None:
    """Before its first event a run has no step, no operations and the time of its submission."""
    journal.create_run(new_run())

    metadata = {"name": "name of wf-1", "state": "running", "total": 2, "lease_holder": None}
    expected = WorkflowCheckpoint("wf-1", 0, (), {}, metadata, clock.now)
    assert expected == journal.checkpoint("wf-1")
    assert expected == journal.checkpoint("wf-1", step=0)


def test_run_under_way(journal: AnyJournal, clock: Clock) -> None:
    """The picture holds each operation's state, the completed ones as they ended, and who drives the run."""
    journal.create_run(new_run())
    writer = journal.acquire("wf-1", "a")
    for position, state in [(1, OperationState.STARTED), (2, OperationState.SUCCEEDED), (1, OperationState.SUCCEEDED)]:
        clock.now += 1
        writer.commit(_step(position, state, clock.now))
    clock.now += 1
    writer.commit(_step(3, OperationState.STARTED, clock.now))

    metadata = {"name": "name of wf-1", "state": "running", "total": 2, "lease_holder": "a"}
    states = {"op-1": "succeeded", "op-2": "succeeded", "op-3": "started"}
    assert WorkflowCheckpoint("wf-1", 4, ("op-2", "op-1"), states, metadata, clock.now) == journal.checkpoint("wf-1")

    earlier = {**metadata, "lease_holder": None}
    states = {"op-1": "started", "op-2": "succeeded"}
    expected = WorkflowCheckpoint("wf-1", 2, ("op-2",), states, earlier, clock.now - 2)
    assert expected == journal.checkpoint("wf-1", step=2)


def test_a_look_that_is_repeated_begins_nothing(journal: AnyJournal) -> None:
    """An operation that is tried again before its intent was recorded has not begun."""
    writer = driven(journal)
    writer.commit(Batch([], [NewEvent(EventKind.OPERATION_RETRIED, "op-1", {"attempt": 2})]))

    assert journal.checkpoint("wf-1").current_state == {}
    assert journal.checkpoint("wf-1", step=1).current_state == {}


def test_step_of_another_run(journal: AnyJournal, clock: Clock) -> None:
    """A step between two events of the run is the earlier of the two."""
    one, two = driven(journal, "wf-1"), driven(journal, "wf-2")
    one.commit(_step(1, OperationState.STARTED, clock.now))
    two.commit(_step(1, OperationState.STARTED, clock.now))
    one.commit(_step(1, OperationState.SUCCEEDED, clock.now))

    assert journal.checkpoint("wf-1", step=2).step == 1
    assert journal.checkpoint("wf-1", step=99).step == 3


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (NewEvent(EventKind.WORKFLOW_STARTED), RunState.RUNNING),
        (NewEvent(EventKind.WORKFLOW_RESUMED), RunState.RUNNING),
        (NewEvent(EventKind.WORKFLOW_COMPLETED), RunState.SUCCEEDED),
        (NewEvent(EventKind.WORKFLOW_COMPLETED, data={"state": "partial"}), RunState.PARTIAL),
        (NewEvent(EventKind.WORKFLOW_COMPLETED, data={"state": ["odd"]}), RunState.SUCCEEDED),
        (NewEvent(EventKind.WORKFLOW_FAILED), RunState.FAILED),
        (NewEvent(EventKind.WORKFLOW_INTERRUPTED), RunState.INTERRUPTED),
        (NewEvent(EventKind.ROLLBACK_STARTED), RunState.ROLLING_BACK),
        (NewEvent(EventKind.ROLLBACK_COMPLETED), RunState.ROLLED_BACK),
        (NewEvent(EventKind.ROLLBACK_FAILED), RunState.ROLLBACK_FAILED),
    ],
)
def test_events_tell_the_state_of_the_run(journal: AnyJournal, event: NewEvent, state: RunState) -> None:
    """Each event of a run's life stands for the state that the run then had."""
    driven(journal).commit(Batch(events=[event, NewEvent("SomethingElse", "op-1")]))

    assert journal.checkpoint("wf-1", step=2).metadata["state"] == state
    assert journal.checkpoint("wf-1", step=2).current_state == {}


moves = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(OperationState)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(steps=moves)
def test_fold_of_the_events_is_what_the_operations_say(fresh: Fresh, steps: list[tuple[int, OperationState]]) -> None:
    """After each commit the checkpoint now equals, and later still equals, the fold of the events up to there."""
    clock = Clock()
    with fresh(clock) as journal:
        writer = driven(journal)
        pictures = []
        for position, state in steps:
            clock.now += 1
            writer.commit(_step(position, state, clock.now))
            pictures.append(journal.checkpoint("wf-1"))

        for picture in pictures:
            fold = journal.checkpoint("wf-1", step=picture.step)
            assert picture.current_state == fold.current_state
            assert picture.completed_operations == fold.completed_operations
            assert (picture.step, picture.timestamp) == (fold.step, fold.timestamp)
