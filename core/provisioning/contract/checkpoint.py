"""The checkpoint of a run: what it looks like now, or what it looked like after one of its events.

Now is read from the operations; an earlier step is folded from the events up to it, which say the same in the past
tense.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from provisioning.contract.events import Event, EventKind
from provisioning.contract.journal import OperationState, RunRecord, RunState, WorkflowCheckpoint

__all__ = ["Fold", "checkpoint_at", "checkpoint_now"]

_OPERATION_STATES: dict[str, OperationState | None] = {
    EventKind.OPERATION_STARTED: OperationState.STARTED,
    EventKind.OPERATION_RETRIED: None,
    EventKind.OPERATION_MOVED: OperationState.RETRYING,
    EventKind.OPERATION_WAITING: OperationState.WAITING,
    EventKind.OPERATION_SUCCEEDED: OperationState.SUCCEEDED,
    EventKind.OPERATION_FAILED: OperationState.FAILED,
    EventKind.OPERATION_SKIPPED: OperationState.SKIPPED,
    EventKind.COMPENSATION_STARTED: OperationState.COMPENSATING,
    EventKind.OPERATION_COMPENSATED: OperationState.COMPENSATED,
    EventKind.COMPENSATION_FAILED: OperationState.COMPENSATION_FAILED,
    EventKind.COMPENSATION_SKIPPED: OperationState.LEFT,
}
"""What an event says of its operation; every other kind leaves it as it was.

A retry says so itself: one of a look before the intent leaves the operation as it was, too.
"""

_RUN_STATES = {
    EventKind.WORKFLOW_STARTED: RunState.RUNNING,
    EventKind.WORKFLOW_RESUMED: RunState.RUNNING,
    EventKind.WORKFLOW_COMPLETED: RunState.SUCCEEDED,
    EventKind.WORKFLOW_FAILED: RunState.FAILED,
    EventKind.WORKFLOW_INTERRUPTED: RunState.INTERRUPTED,
    EventKind.ROLLBACK_STARTED: RunState.ROLLING_BACK,
    EventKind.ROLLBACK_COMPLETED: RunState.ROLLED_BACK,
    EventKind.ROLLBACK_FAILED: RunState.ROLLBACK_FAILED,
}
"""What an event says of its run."""

_OPERATION_WORDS = tuple(state.value for state in OperationState)
_RUN_WORDS = tuple(state.value for state in RunState)


@dataclass(slots=True)
class Fold:
    """The state of a run as its events tell it, one after the other."""

    at: float
    step: int = 0
    state: RunState = RunState.RUNNING
    operations: dict[str, OperationState] = field(default_factory=dict)
    completed: dict[str, None] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Go on by one event."""
        self.step, self.at = event.sequence, event.at
        if event.kind in _RUN_STATES:
            self.state = _run_state(event)
        elif event.operation_id is not None and event.kind in _OPERATION_STATES:
            state = _operation_state(event)
            if state is not None:
                self._move(event.operation_id, state)

    def _move(self, operation_id: str, state: OperationState) -> None:
        self.operations[operation_id] = state
        self.completed.pop(operation_id, None)
        if state is OperationState.SUCCEEDED:
            self.completed[operation_id] = None


def _run_state(event: Event) -> RunState:
    """Return the state that the event itself names (a run completes as succeeded or partial), or its kind's."""
    told = event.data.get("state")
    return RunState(told) if told in _RUN_WORDS else _RUN_STATES[EventKind(event.kind)]


def _operation_state(event: Event) -> OperationState | None:
    """Return the state that the event itself names (an operation is skipped or blocked), or its kind's."""
    told = event.data.get("state")
    return OperationState(told) if told in _OPERATION_WORDS else _OPERATION_STATES[event.kind]


def checkpoint_at(run: RunRecord, events: Iterable[Event], step: int) -> WorkflowCheckpoint:
    """Return what the run looked like after the last of its `events`, oldest first, up to `step`."""
    fold = Fold(at=run.created_at)
    for event in events:
        if event.sequence > step:
            break
        fold.take(event)
    return WorkflowCheckpoint(
        workflow_id=run.workflow_id,
        step=fold.step,
        completed_operations=tuple(fold.completed),
        current_state={operation_id: str(state) for operation_id, state in fold.operations.items()},
        metadata={"name": run.name, "state": str(fold.state), "total": run.total, "lease_holder": None},
        timestamp=fold.at,
    )


def checkpoint_now(
    run: RunRecord, operations: Sequence[tuple[str, str, float | None]], last: tuple[int, float] | None
) -> WorkflowCheckpoint:
    """Return what the run looks like now, who drives it included.

    `operations` are id, state and end of each that has begun, in the order of their intents; `last` is the place and
    the time of the newest event.
    """
    succeeded = [(ended_at or 0.0, id_) for id_, state, ended_at in operations if state == OperationState.SUCCEEDED]
    step, at = last or (0, run.created_at)
    return WorkflowCheckpoint(
        workflow_id=run.workflow_id,
        step=step,
        completed_operations=tuple(id_ for _, id_ in sorted(succeeded, key=lambda each: each[0])),
        current_state={id_: state for id_, state, _ in operations},
        metadata={
            "name": run.name,
            "state": str(run.state),
            "total": run.total,
            "lease_holder": run.lease.holder if run.lease else None,
        },
        timestamp=at,
    )
