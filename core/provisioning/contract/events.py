"""What happened, as told to everybody who listens; the past tense of the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Event", "EventKind"]


class EventKind(StrEnum):
    """Every kind of event."""

    WORKFLOW_STARTED = "WorkflowStarted"
    """A run was submitted and begins."""
    WORKFLOW_RESUMED = "WorkflowResumed"
    """A run that had stopped goes on."""
    WORKFLOW_COMPLETED = "WorkflowCompleted"
    """A run ended with everything done, or with what could be done (`state: partial`)."""
    WORKFLOW_FAILED = "WorkflowFailed"
    """A run ended without what it was for; nothing is undone by this alone."""
    WORKFLOW_INTERRUPTED = "WorkflowInterrupted"
    """A run was stopped from outside and can go on."""
    OPERATION_STARTED = "OperationStarted"
    """An operation's intent is durable and its call begins."""
    WORKER_AWAITED = "WorkerAwaited"
    """No worker that is there now may carry an operation out; it waits for one."""
    OPERATION_RETRIED = "OperationRetried"
    """An attempt failed and another one follows."""
    OPERATION_MOVED = "OperationMoved"
    """There was no room where an operation was tried, and it is tried elsewhere."""
    OPERATION_WAITING = "OperationWaiting"
    """The cloud acted and the operation waits for it to settle."""
    OPERATION_ADOPTED = "OperationAdopted"
    """What an interrupted attempt had made was found and recorded as ours."""
    OPERATION_SUCCEEDED = "OperationSucceeded"
    """An operation ended well."""
    OPERATION_FAILED = "OperationFailed"
    """An operation ended badly."""
    OPERATION_SKIPPED = "OperationSkipped"
    """An operation was not run: its condition is false, or what it needs failed."""
    OPERATION_OUTPUT = "OperationOutput"
    """Some lines of output of an operation."""
    RESOURCE_CREATED = "ResourceCreated"
    """A resource of ours exists."""
    RESOURCE_DELETED = "ResourceDeleted"
    """A resource of ours is gone."""
    CONFIGURATION_CHANGED = "ConfigurationChanged"
    """A setting or a file was changed."""
    ROLLBACK_STARTED = "RollbackStarted"
    """A run's compensations begin, newest first."""
    COMPENSATION_STARTED = "CompensationStarted"
    """The intent to undo one operation is durable and its call begins."""
    OPERATION_COMPENSATED = "OperationCompensated"
    """One operation was undone."""
    COMPENSATION_FAILED = "CompensationFailed"
    """One operation could not be undone; the rollback goes on."""
    COMPENSATION_SKIPPED = "CompensationSkipped"
    """One operation is left as it is, because somebody said so."""
    ROLLBACK_COMPLETED = "RollbackCompleted"
    """Everything that could be undone is undone."""
    ROLLBACK_FAILED = "RollbackFailed"
    """The rollback ended with something left; the event lists it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a run.

    `sequence` is its place in the journal, rising over all runs; `at` is seconds since the epoch. `data` is JSON
    values.
    """

    sequence: int
    workflow_id: str
    kind: str
    at: float
    operation_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "sequence": self.sequence,
            "workflow_id": self.workflow_id,
            "kind": self.kind,
            "at": self.at,
            "operation_id": self.operation_id,
            "data": dict(self.data),
        }
