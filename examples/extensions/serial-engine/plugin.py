"""An engine: every operation in the thread that drives the run, one after another, as a debugger likes it.

A call that hangs holds up the run, as nobody else is there who could give it up; so this is no engine for production.
"""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from provisioning import Cancellation, Execute, Finished, Job, Noted, RunInterrupted, hookimpl


class SerialEngine:
    """Carries out one job in each `collect`."""

    capacity = 1

    def __init__(self, execute: Execute) -> None:
        self._execute = execute
        self._jobs: deque[Job] = deque()
        self._given_up: list[Finished] = []
        self._cancellations: dict[int, Cancellation] = {}
        self._awake = threading.Event()

    def submit(self, job: Job) -> None:
        """Put a job at the end of the line."""
        self._jobs.append(job)
        self._cancellations[job.ticket] = Cancellation()

    def collect(self, timeout: float | None) -> Sequence[Finished | Noted]:
        """Carry out the next job and tell what became of it; without one, wait to be woken."""
        if self._given_up:
            told, self._given_up = self._given_up, []
            return told
        if not self._jobs:
            self._awake.wait(timeout)
            self._awake.clear()
            return []
        return self._carried_out(self._jobs.popleft())

    def _carried_out(self, job: Job) -> Sequence[Finished | Noted]:
        told: list[Finished | Noted] = []

        def note(kind: str, data: Mapping[str, Any]) -> None:
            told.append(Noted(job.ticket, kind, data))

        try:
            told.append(Finished(job.ticket, self._execute(job, self._cancellations.pop(job.ticket), note)))
        except BaseException as error:  # noqa: BLE001 - whatever a call raises is its answer
            told.append(Finished(job.ticket, None, error))
        return told

    def wake(self) -> None:
        """Let a `collect` that waits return."""
        self._awake.set()

    def cancel(self, ticket: int) -> None:
        """Tell a job that has not begun that it should end, as soon as it begins."""
        if ticket in self._cancellations:
            self._cancellations[ticket].cancel()

    def abandon(self, ticket: int) -> None:
        """Answer for a job that has not begun; one that has begun is over before anybody can ask this."""
        for job in [job for job in self._jobs if job.ticket == ticket]:
            self._jobs.remove(job)
            error = RunInterrupted(f"operation {job.operation.id} was given up before it began")
            self._given_up.append(Finished(ticket, None, error))

    def drain(self) -> None:
        """Withdraw every job: none has begun while the driver can ask this."""
        self._given_up.extend(Finished(job.ticket, is_withdrawn=True) for job in self._jobs)
        self._jobs.clear()

    def close(self) -> None:
        """Forget what has not begun."""
        self._jobs.clear()


class Plugin:
    """Makes an engine for each run."""

    @hookimpl
    def create_engine(self, execute: Execute) -> SerialEngine:
        """Return an engine of its own for one run."""
        return SerialEngine(execute)
