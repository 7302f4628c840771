"""How a run stands or has ended, read from the journal: the same for who ran it and for who asks later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from provisioning.contract import Envelope, Journal, OperationRecord, OperationState, Resource, RunState, Status
from provisioning.errors import ErrorInfo
from provisioning.workflow.remainder import MOST_SHOWN, Remainder

__all__ = ["EXIT_CODES", "Report", "read_report"]

EXIT_CODES: Mapping[RunState, int] = {
    RunState.SUCCEEDED: 0,
    RunState.RUNNING: 0,
    RunState.FAILED: 1,
    RunState.PARTIAL: 3,
    RunState.ROLLED_BACK: 4,
    RunState.ROLLBACK_FAILED: 5,
    RunState.INTERRUPTED: 130,
    RunState.ROLLING_BACK: 130,
}
"""The exit code of a command that ran a workflow, by the state it ended in."""

_STANDING = (OperationState.SUCCEEDED, OperationState.COMPENSATION_FAILED, OperationState.LEFT, OperationState.WAITING)


@dataclass(frozen=True, slots=True)
class Report:
    """One run as a whole.

    `counts` gives the number of operations by state; those that have not begun are missing there and counted in
    `total`. `failures` are operations with their errors, `left` those that a rollback could not undo or was told to
    leave, each with what is left and why; of both at most 100 are listed. `duration` is in seconds.
    """

    workflow_id: str
    name: str
    state: RunState
    total: int
    counts: Mapping[str, int]
    duration: float
    error: ErrorInfo | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    failures: tuple[tuple[str, ErrorInfo], ...] = ()
    left: tuple[Remainder, ...] = ()
    resources: tuple[Resource, ...] = ()

    @property
    def status(self) -> Status:
        """Success, error or partial."""
        if self.state is RunState.SUCCEEDED:
            return Status.SUCCESS
        return Status.PARTIAL if self.state is RunState.PARTIAL else Status.ERROR

    @property
    def exit_code(self) -> int:
        """What a command that ran this answers with."""
        return EXIT_CODES[self.state]

    def envelope(self) -> Envelope:
        """Return the result envelope; what a run has beyond it stands in its `metadata`."""
        own = ("status", "workflow_id", "resources", "error")
        return Envelope(
            status=self.status,
            operation=self.name,
            workflow_id=self.workflow_id,
            resources=[resource.as_dict() for resource in self.resources],
            metadata={name: value for name, value in self.as_dict().items() if name not in own},
            error=self.error,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow_id": self.workflow_id,
            "name": self.name,
            "state": str(self.state),
            "status": str(self.status),
            "total": self.total,
            "counts": dict(self.counts),
            "duration": round(self.duration, 3),
            "outputs": dict(self.outputs),
            "error": self.error.as_dict() if self.error else None,
            "failures": [{"operation": name, "error": error.as_dict()} for name, error in self.failures],
            "left": [each._asdict() for each in self.left],
            "resources": [resource.as_dict() for resource in self.resources],
        }


def read_report(journal: Journal, workflow_id: str) -> Report:
    """Return the report of a run; raises `RunNotFound`."""
    run = journal.get_run(workflow_id)
    counts = journal.count_operations(workflow_id)
    return Report(
        workflow_id=workflow_id,
        name=run.name,
        state=run.state,
        total=run.total,
        counts={str(state): number for state, number in counts.items()},
        duration=run.updated_at - run.created_at,
        error=run.error,
        outputs=run.outputs or {},
        failures=_failures(journal, workflow_id, counts),
        left=_left(journal, workflow_id, counts),
        resources=_resources(journal, workflow_id),
    )


def _failures(
    journal: Journal, workflow_id: str, counts: Mapping[OperationState, int]
) -> tuple[tuple[str, ErrorInfo], ...]:
    states = (OperationState.FAILED, OperationState.COMPENSATION_FAILED, OperationState.COMPENSATED)
    records = _in_states(journal, workflow_id, states, counts)
    failures = ((record.operation_id, record.error) for record in records if record.error is not None)
    return tuple(islice(failures, MOST_SHOWN))


def _left(journal: Journal, workflow_id: str, counts: Mapping[OperationState, int]) -> tuple[Remainder, ...]:
    states = (OperationState.COMPENSATION_FAILED, OperationState.LEFT)
    records = _in_states(journal, workflow_id, states, counts)
    return tuple(Remainder.of(record) for record in islice(records, MOST_SHOWN))


def _in_states(
    journal: Journal, workflow_id: str, states: Sequence[OperationState], counts: Mapping[OperationState, int]
) -> Iterator[OperationRecord]:
    """Yield the operations in these states; they are looked for only when the counts tell of any."""
    if not any(counts.get(state) for state in states):
        return iter(())
    return journal.list_operations(workflow_id, states=states)


def _resources(journal: Journal, workflow_id: str) -> tuple[Resource, ...]:
    records = journal.list_operations(workflow_id, states=_STANDING, with_resources=True)
    return tuple(islice(chain.from_iterable(record.resources for record in records), MOST_SHOWN))
