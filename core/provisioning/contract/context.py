"""What every hook call may know about the operation it serves."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from provisioning.contract.trace import traceparent
from provisioning.errors import OperationTimedOut, RunInterrupted

__all__ = ["Cancellation", "OperationContext", "calling", "current_call"]


_CALL: ContextVar[tuple[str | None, str | None]] = ContextVar("provisioning_call", default=(None, None))


def current_call() -> tuple[str | None, str | None]:
    """Return the run and the operation that this thread makes a call for; None for each that there is not."""
    return _CALL.get()


@contextmanager
def calling(workflow_id: str | None, operation_id: str | None) -> Iterator[None]:
    """Say for whom calls are made within, so that what is logged there says so as well."""
    token = _CALL.set((workflow_id, operation_id))
    try:
        yield
    finally:
        _CALL.reset(token)


class Cancellation:
    """A wish to stop, seen by everything that runs; once set it stays set."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask everything that looks here to stop."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the wish at most `seconds`; return whether it came."""
        return self._event.wait(seconds)


def _ignore(_kind: str, _data: Mapping[str, Any]) -> None:
    """Drop a note that nobody asked for."""


def _hold_nothing() -> None:
    """Let a call be made that belongs to no run."""


@dataclass(frozen=True, slots=True)
class OperationContext:
    """The surroundings of one call: whose it is, until when, and where its notes go.

    `deadline` is a reading of `clock` (monotonic seconds), or None for no limit. `note(kind, data)` adds an event
    to the run's journal (a line of output, for one). `directory` is the workspace against which relative paths stand.
    `hold()` raises `RunFenced` when the run is another process's by now: whoever was stopped for so long that somebody
    else went on with the run must begin nothing more for it. Every call of a provider asks before it is made.
    """

    workflow_id: str | None = None
    operation_id: str | None = None
    attempt: int = 1
    deadline: float | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("provisioning.operation"))
    note: Callable[[str, Mapping[str, Any]], None] = _ignore
    directory: str = "."
    clock: Callable[[], float] = time.monotonic
    hold: Callable[[], None] = _hold_nothing

    @property
    def remaining(self) -> float | None:
        """The seconds left until the deadline, never below zero; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - self.clock())

    @property
    def traceparent(self) -> str | None:
        """The span of the operation, or of the run, as W3C Trace Context writes it; None outside of a run.

        A call of something else that is traced hands it on, as the HTTP header `traceparent` for one.
        """
        return None if self.workflow_id is None else traceparent(self.workflow_id, self.operation_id)

    def check(self) -> None:
        """Raise when the operation should end: it was cancelled, its time is up, or the run is another process's."""
        self.hold()
        if self.cancellation.is_cancelled:
            raise RunInterrupted(f"operation {self.operation_id} was cancelled", workflow_id=self.workflow_id)
        if self.deadline is not None and self.clock() >= self.deadline:
            raise OperationTimedOut(f"operation {self.operation_id} ran out of time", workflow_id=self.workflow_id)
