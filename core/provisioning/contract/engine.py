"""Where operations run: one job is one hook call of one operation, wherever the thread or host that makes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from provisioning.contract.context import Cancellation
from provisioning.contract.operation import Compensation, Operation, Outcome, Settlement

__all__ = ["Engine", "Execute", "Finished", "Job", "Note", "Noted", "Step"]


class Step(StrEnum):
    """Which hook of the operation's kind a job calls."""

    PREPARE = "prepare"
    """`prepare_operation`: say how it will be undone."""
    RUN = "run"
    """`run_operation`: do it, or go on with it."""
    SETTLE = "settle"
    """`settle_operation`: say what a cut-off call did."""
    COMPENSATE = "compensate"
    """`compensate_operation`: undo it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call to make. `ticket` names it in answers; `timeout` is in seconds."""

    ticket: int
    step: Step
    operation: Operation
    attempt: int = 1
    timeout: float | None = None
    compensation: Compensation | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A job's end: what the hook returned, or the error that it raised."""

    ticket: int
    value: Outcome | Settlement | Compensation | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that a job wants in the journal while it runs: the kind of event and its data."""

    ticket: int
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


Note = Callable[[str, Mapping[str, Any]], None]
"""Takes a note of a job: the kind of event and its data."""

Execute = Callable[[Job, Cancellation, Note], Outcome | Settlement | Compensation | None]
"""Makes the call that a job stands for, and returns or raises what the hook does.

An engine hands it the job, a cancellation that `Engine.cancel` sets, and where notes go, and turns its end into a
`Finished`, whatever it raises. It may be called in several threads at once.
"""


class Engine(Protocol):
    """Runs jobs and tells of their ends. One driver uses one engine; `submit` and `collect` are its thread's alone."""

    @property
    def capacity(self) -> int:
        """How many jobs run at once; more than that may be submitted, and wait."""
        ...

    def submit(self, job: Job) -> None:
        """Start a job, now or as soon as there is room."""
        ...

    def collect(self, timeout: float | None) -> Sequence[Finished | Noted]:
        """Return what has happened, waiting at most `timeout` seconds (None: for ever) for the first; [] if nothing."""
        ...

    def wake(self) -> None:
        """Let `collect` return at once; may be called from any thread and from a signal handler."""
        ...

    def cancel(self, ticket: int) -> None:
        """Tell a job that it should end; it still answers."""
        ...

    def abandon(self, ticket: int) -> None:
        """Stop waiting for a job that does not end: its room is given to another one, a late answer still comes."""
        ...

    def close(self) -> None:
        """End the engine; jobs still running are left behind."""
        ...
