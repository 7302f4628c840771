"""The journal with a point before and after everything that is written to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from provisioning.contract import (
    Batch,
    CancelMode,
    Event,
    Journal,
    NewRun,
    OperationState,
    RunWriter,
)
from provisioning.testing.faults.point import Place, Point, Reach, Side

__all__ = ["PLACE_OF_STATE", "FaultyJournal", "FaultyWriter", "passing", "places_of"]

PLACE_OF_STATE = {
    OperationState.STARTED: Place.INTENT,
    OperationState.WAITING: Place.PROGRESS,
    OperationState.RETRYING: Place.PROGRESS,
    OperationState.SUCCEEDED: Place.RESULT,
    OperationState.FAILED: Place.RESULT,
    OperationState.SKIPPED: Place.RESULT,
    OperationState.BLOCKED: Place.RESULT,
    OperationState.COMPENSATING: Place.COMPENSATION_INTENT,
    OperationState.COMPENSATED: Place.COMPENSATION_RESULT,
    OperationState.COMPENSATION_FAILED: Place.COMPENSATION_RESULT,
    OperationState.LEFT: Place.COMPENSATION_RESULT,
}
"""What it means to record an operation in each state."""


def places_of(batch: Batch) -> list[Place]:
    """Return what one commit does: all of it happens, or nothing."""
    found = [PLACE_OF_STATE[record.state] for record in batch.operations]
    if batch.state is not None:
        found.append(Place.RUN_STATE)
    return list(dict.fromkeys(found)) or [Place.EVENT]


@contextmanager
def passing(reach: Reach, *places: Place) -> Iterator[None]:
    """Come by the points before and after what is done within; the latter only when it went well."""
    for place in places:
        reach(Point(place, Side.BEFORE))
    yield
    for place in places:
        reach(Point(place, Side.AFTER))


class FaultyWriter:
    """A lease on a run (`RunWriter`) that comes by the points."""

    def __init__(self, writer: RunWriter, reach: Reach) -> None:
        self._writer = writer
        self._reach = reach

    @property
    def workflow_id(self) -> str:
        """The run that it holds."""
        return self._writer.workflow_id

    @property
    def fence(self) -> int:
        """The lease's number."""
        return self._writer.fence

    def commit(self, batch: Batch) -> int:
        """Make the batch durable."""
        with passing(self._reach, *places_of(batch)):
            return self._writer.commit(batch)

    def renew(self) -> CancelMode | None:
        """Renew the lease."""
        with passing(self._reach, Place.RENEW):
            return self._writer.renew()

    def hold(self) -> None:
        """Make sure of the lease; writes only when it has ended, and then as a renewal does."""
        self._writer.hold()

    def release(self) -> None:
        """Give the lease back."""
        with passing(self._reach, Place.RELEASE):
            self._writer.release()


class FaultyJournal:
    """A journal (`Journal`) that comes by the points."""

    def __init__(self, journal: Journal, reach: Reach) -> None:
        self._journal = journal
        self._reach = reach

    def __getattr__(self, name: str) -> Any:
        """Return what changes nothing as it is."""
        return getattr(self._journal, name)

    def create_run(self, run: NewRun) -> bool:
        """Record a run."""
        with passing(self._reach, Place.SUBMIT):
            return self._journal.create_run(run)

    def acquire(self, workflow_id: str, holder: str) -> FaultyWriter:
        """Take the run's lease."""
        with passing(self._reach, Place.LEASE):
            return FaultyWriter(self._journal.acquire(workflow_id, holder), self._reach)

    def request_cancel(self, workflow_id: str, mode: CancelMode) -> None:
        """Ask whoever drives the run to stop."""
        with passing(self._reach, Place.CANCEL):
            self._journal.request_cancel(workflow_id, mode)

    def list_events(self, workflow_id: str | None = None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """Tell a follower of events; of none it is not told."""
        events = self._journal.list_events(workflow_id, after=after, limit=limit)
        if events:
            with passing(self._reach, Place.TOLD):
                return events
        return events
