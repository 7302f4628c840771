"""The journal, as the rest of the house sees it: runs, operations, events, and the lease that lets one process write.

Everything a run does passes through `RunWriter.commit`: a `Batch` is durable as a whole or not at all, and only the
holder of the run's lease can commit one. Readers never block a writer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from provisioning.contract.events import Event
from provisioning.contract.operation import Compensation, Resource
from provisioning.errors import ErrorInfo

__all__ = [
    "Archive",
    "Batch",
    "CancelMode",
    "Journal",
    "LeaseInfo",
    "NewEvent",
    "NewRun",
    "OperationRecord",
    "OperationState",
    "RunRecord",
    "RunState",
    "RunWriter",
    "WorkflowCheckpoint",
]


class RunState(StrEnum):
    """The life of a run; `contract/moves.py` has the table of legal moves."""

    RUNNING = "running"
    """Operations are being scheduled, or were when its process was last heard of."""
    SUCCEEDED = "succeeded"
    """Every operation succeeded or was skipped by its own condition."""
    PARTIAL = "partial"
    """Some operations succeeded and stay, others failed (`on_failure = "continue"`)."""
    FAILED = "failed"
    """It stopped at a failure; what was done stays and can be resumed or rolled back."""
    INTERRUPTED = "interrupted"
    """It was stopped from outside; it can be resumed or rolled back."""
    ROLLING_BACK = "rolling_back"
    """Compensations run, newest first."""
    ROLLED_BACK = "rolled_back"
    """Everything that could be undone is undone."""
    ROLLBACK_FAILED = "rollback_failed"
    """Something could not be undone; the rollback can be tried again."""

    @property
    def is_active(self) -> bool:
        """Whether a process drives the run, or died while it did."""
        return self in (RunState.RUNNING, RunState.ROLLING_BACK)


class OperationState(StrEnum):
    """The life of one operation in the journal; an operation without a record has not begun."""

    STARTED = "started"
    """Its intent is durable; without a living driver this means *in doubt*."""
    WAITING = "waiting"
    """The cloud acted, and the operation goes on outside; `progress` says how to go on."""
    RETRYING = "retrying"
    """An attempt certainly failed, and another one is due."""
    SUCCEEDED = "succeeded"
    """It ended well; `result` is there."""
    FAILED = "failed"
    """It ended badly; `error` is there, and perhaps resources to undo."""
    SKIPPED = "skipped"
    """Its condition is false."""
    BLOCKED = "blocked"
    """Something that it needs failed or was blocked."""
    COMPENSATING = "compensating"
    """The intent to undo it is durable."""
    COMPENSATED = "compensated"
    """It is undone."""
    COMPENSATION_FAILED = "compensation_failed"
    """It could not be undone; `error` says why."""
    LEFT = "left"
    """It was not undone, because somebody said so."""

    @property
    def is_open(self) -> bool:
        """Whether the operation has begun and not ended."""
        return self in _OPEN


_OPEN = frozenset({OperationState.STARTED, OperationState.WAITING, OperationState.RETRYING})


class CancelMode(StrEnum):
    """What should become of a run that is cancelled."""

    STOP = "stop"
    """Record what is in flight and leave everything as it is."""
    ROLLBACK = "rollback"
    """Record what is in flight and undo everything."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run as it is submitted. `document` is the canonical workflow document, as JSON values."""

    workflow_id: str
    name: str
    document: Mapping[str, Any]
    digest: str
    total: int


@dataclass(frozen=True, slots=True)
class LeaseInfo:
    """Who drives a run: `holder` names process and host; `fence` rises with each new holder."""

    holder: str
    fence: int
    expires_at: float


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as the journal knows it.

    `total` counts its operations, `events` its events so far; `outputs` is what its document promised, once it has
    succeeded; times are seconds since the epoch.
    """

    workflow_id: str
    name: str
    state: RunState
    digest: str
    total: int
    created_at: float
    updated_at: float
    events: int = 0
    error: ErrorInfo | None = None
    outputs: Mapping[str, Any] | None = None
    cancel: CancelMode | None = None
    lease: LeaseInfo | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that people and programs are shown."""
        return {
            "workflow_id": self.workflow_id,
            "name": self.name,
            "state": str(self.state),
            "total": self.total,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "error": self.error.as_dict() if self.error else None,
            "cancel": self.cancel and str(self.cancel),
            "events": self.events,
            "driven_by": self.lease.holder if self.lease else None,
        }


@dataclass(slots=True)
class OperationRecord:
    """One operation as the journal keeps it: replaced as a whole by each step.

    `position` is its ordinal among the run's intents: rollback goes through positions from the highest down.
    `generation` counts client tokens, `attempt` counts calls with the present one. `digest` is of the resolved
    parameters. `progress` is the state of the last `Pending`.
    """

    operation_id: str
    kind: str
    state: OperationState
    position: int
    provider: str | None = None
    attempt: int = 1
    generation: int = 1
    client_token: str = ""
    digest: str = ""
    compensation: Compensation | None = None
    progress: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    resources: tuple[Resource, ...] = ()
    error: ErrorInfo | None = None
    started_at: float | None = None
    ended_at: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that people and programs are shown."""
        return {
            "id": self.operation_id,
            "kind": self.kind,
            "provider": self.provider,
            "state": str(self.state),
            "attempt": self.attempt,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "result": None if self.result is None else dict(self.result),
            "resources": [resource.as_dict() for resource in self.resources],
            "undo": self.compensation.summary if self.compensation else None,
            "error": self.error.as_dict() if self.error else None,
        }


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event before the journal gave it a place."""

    kind: str
    operation_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """What one turn of a run wants durable, all together: operations replaced, events added, the run's new state.

    `error` and `outputs` are written together with `state`, and replace what was there. `enlisted` is called with the
    store's transaction, so that what an engine puts there is durable if and only if the rest is.
    """

    operations: list[OperationRecord] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    state: RunState | None = None
    error: ErrorInfo | None = None
    outputs: Mapping[str, Any] | None = None
    enlisted: Callable[[Any], None] | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.operations or self.events or self.state or self.enlisted)


@dataclass(frozen=True, slots=True)
class WorkflowCheckpoint:
    """A run's state at one step, as a view of the journal.

    `step` is the sequence of the last event that it includes; `current_state` maps each operation that had begun by
    then to its state.
    """

    workflow_id: str
    step: int
    completed_operations: tuple[str, ...]
    current_state: Mapping[str, Any]
    metadata: Mapping[str, Any]
    timestamp: float

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow_id": self.workflow_id,
            "step": self.step,
            "completed_operations": list(self.completed_operations),
            "current_state": dict(self.current_state),
            "metadata": dict(self.metadata),
            "timestamp": self.timestamp,
        }


class RunWriter(Protocol):
    """The lease on one run, and the only way to write to it."""

    @property
    def workflow_id(self) -> str:
        """The run that it holds."""
        ...

    @property
    def fence(self) -> int:
        """The lease's number."""
        ...

    def commit(self, batch: Batch) -> int:
        """Make the batch durable and renew the lease; return the sequence of its last event (0: it had none).

        Raises `RunFenced` when the lease is another's by now, with nothing written, and any `JournalError`.
        """
        ...

    def renew(self) -> CancelMode | None:
        """Renew the lease and return what somebody asked to become of the run, if anybody did."""
        ...

    def hold(self) -> None:
        """Raise `RunFenced` when the lease is another's by now; costs nothing while it certainly is not."""
        ...

    def release(self) -> None:
        """Give the lease back."""
        ...


class Archive(Protocol):
    """All that a journal holds, at one moment, read in constant memory. Every method may raise a `JournalError`."""

    @property
    def installation_id(self) -> str:
        """The journal's own id."""
        ...

    @property
    def schema_version(self) -> int:
        """The number of the format in which the journal is kept."""
        ...

    @property
    def last_sequence(self) -> int:
        """The sequence of the newest event that there has been, deleted or not."""
        ...

    def list_runs(self) -> Iterator[RunRecord]:
        """Yield all runs, the oldest first."""
        ...

    def get_run(self, workflow_id: str) -> RunRecord:
        """Return one run, or raise `RunNotFound`."""
        ...

    def get_document(self, workflow_id: str) -> Mapping[str, Any]:
        """Return the document of a run; raise `JournalCorrupt` when it is not there."""
        ...

    def list_operations(self, workflow_id: str) -> Iterator[OperationRecord]:
        """Yield the operations of a run that have begun, in the order of their intents."""
        ...

    def list_events(self, workflow_id: str | None = None, *, kind: str | None = None) -> Iterator[Event]:
        """Yield events, oldest first: of one run or of all, of one kind or of all."""
        ...

    def close(self) -> None:
        """Let go of the moment."""
        ...


class Journal(Protocol):
    """The durable record of all runs of a workspace. Every method may raise a `JournalError`."""

    @property
    def installation_id(self) -> str:
        """A random id, made with the journal and put into the labels of everything that its runs create."""
        ...

    def create_run(self, run: NewRun) -> bool:
        """Record a run, or return False when the very same one is there; `RunConflict` when another one is."""
        ...

    def acquire(self, workflow_id: str, holder: str) -> RunWriter:
        """Take the run's lease; raise `RunLocked` while another living process holds it, `RunNotFound`."""
        ...

    def get_run(self, workflow_id: str) -> RunRecord:
        """Return one run, or raise `RunNotFound`."""
        ...

    def list_runs(
        self, *, limit: int = 50, state: RunState | None = None, name: str | None = None, before: str | None = None
    ) -> Sequence[RunRecord]:
        """Return runs, the newest first: those submitted before run `before`, in a state, of a name."""
        ...

    def count_runs(self) -> Mapping[RunState, int]:
        """Return how many runs are in each state."""
        ...

    def get_document(self, workflow_id: str) -> Mapping[str, Any]:
        """Return the document that the run was submitted with."""
        ...

    def list_operations(
        self,
        workflow_id: str,
        *,
        states: Sequence[OperationState] = (),
        newest_first: bool = False,
        with_resources: bool = False,
    ) -> Iterator[OperationRecord]:
        """Yield the operations that have begun, in the order of their intents: all, or those that made something."""
        ...

    def get_operation(self, workflow_id: str, operation_id: str) -> OperationRecord | None:
        """Return one operation, or None when it has not begun."""
        ...

    def count_operations(self, workflow_id: str) -> Mapping[OperationState, int]:
        """Return how many operations are in each state."""
        ...

    def list_events(self, workflow_id: str | None = None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """Return events with a sequence above `after`, oldest first; of all runs when `workflow_id` is None."""
        ...

    def newest_events(self, workflow_id: str, count: int) -> int:
        """Return the sequence after which the newest `count` events of a run come."""
        ...

    def last_sequence(self) -> int:
        """Return the sequence of the newest event of all runs, 0 when there is none."""
        ...

    def wait_for_events(self, after: int, timeout: float) -> bool:
        """Wait until an event above `after` may be there, at most `timeout` seconds; return whether one may be."""
        ...

    def checkpoint(self, workflow_id: str, *, step: int | None = None) -> WorkflowCheckpoint:
        """Return the run's state after event `step` (None: now)."""
        ...

    def request_cancel(self, workflow_id: str, mode: CancelMode) -> None:
        """Ask whoever drives the run to stop; raise `RunConflict` when it has ended."""
        ...

    def archive(self) -> Archive:
        """Open all that the journal holds, as it is now; whoever opened it closes it."""
        ...

    def forget(self, run: RunRecord) -> bool:
        """Delete a run with all that belongs to it, unless it is driven or is not as it was read; say whether."""
        ...

    def take_in(self, archive: Archive) -> None:
        """Take over everything that another journal holds, its id included, durably as a whole; nobody holds a lease.

        Raises `JournalError`, with nothing changed, when there is a run here already.
        """
        ...

    def retire(self, place: str) -> None:
        """Refuse every change from now on, because the journal was moved to `place`; it can still be read."""
        ...

    def close(self) -> None:
        """Let go of the journal."""
        ...
