"""Where operations run: one job is one hook call of one operation, wherever the thread or host that makes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from provisioning.contract.context import Cancellation
from provisioning.contract.operation import Compensation, Operation, Outcome, Settlement

__all__ = [
    "DEFAULT_POOL",
    "Engine",
    "EngineRun",
    "Enlist",
    "Execute",
    "Finished",
    "Job",
    "Note",
    "Noted",
    "Route",
    "Step",
]

DEFAULT_POOL = "default"
"""The pool of whatever names none."""


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
class Route:
    """Who may carry a job out, and beside how many others.

    `kind` and `provider` are the extensions that it needs, each with the version that the driver has; `instance` is the
    provider instance, `max_parallel` how many calls there may be at once, `pool` whose workers are to do it.
    """

    pool: str = DEFAULT_POOL
    kind: tuple[str, str] = ("", "")
    instance: str | None = None
    provider: tuple[str, str] | None = None
    max_parallel: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One call to make. `ticket` names it in answers; `timeout` is in seconds.

    The rest is for an engine that has calls made elsewhere: `zone` and `position` are the operation's own, `route` says
    who may make the call.
    """

    ticket: int
    step: Step
    operation: Operation
    attempt: int = 1
    timeout: float | None = None
    compensation: Compensation | None = None
    zone: str | None = None
    position: int = 0
    route: Route = field(default_factory=Route)


@dataclass(frozen=True, slots=True)
class EngineRun:
    """The run that an engine works for: `fence` is the number of its driver's lease; a high `priority` comes first."""

    workflow_id: str
    fence: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """A job's end: what the hook returned, or the error that it raised. One that is withdrawn never began."""

    ticket: int
    value: Outcome | Settlement | Compensation | None = None
    error: BaseException | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that a job wants in the journal while it runs: the kind of event and its data."""

    ticket: int
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


Note = Callable[[str, Mapping[str, Any]], None]
"""Takes a note of a job: the kind of event and its data."""

Enlist = Callable[[Any], None]
"""Puts jobs into a transaction of the journal, which it is handed in the store's own form."""

Execute = Callable[[Job, Cancellation, Note], Outcome | Settlement | Compensation | None]
"""Makes the call that a job stands for, and returns or raises what the hook does.

An engine hands it the job, a cancellation that `Engine.cancel` sets, and where notes go, and turns its end into a
`Finished`, whatever it raises. It may be called in several threads at once.
"""


class Engine(Protocol):
    """Runs jobs and tells of their ends. One driver uses one engine; `submit` and `collect` are its thread's alone.

    An engine whose queue is kept beside the journal may have `enlist(jobs) -> Enlist` as well. It is asked instead of
    `submit`, before the intents of the jobs are committed, and what it returns is called inside that transaction: so a
    job is there if and only if its intent is. It may be called again with another connection, when the first one was
    lost and nothing had been committed. With `waits(ticket) -> bool` it says of a job that is late whether it has not
    begun: that one's time has not begun either.
    """

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

    def drain(self) -> None:
        """Begin no job any more that has not begun: each of these is withdrawn, the others still answer."""
        ...

    def close(self) -> None:
        """End the engine; jobs still running are left behind."""
        ...
