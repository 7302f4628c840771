"""The lease of a run: who may write to it, and until when."""

import sqlite3
from datetime import UTC, datetime

from provisioning.errors import RunFenced, RunLocked, RunNotFound
from provisioning.store import queries
from provisioning.store.holder import describe_holder, is_dead
from provisioning.store.rows import Row

__all__ = ["Lease", "find_driven", "find_run", "is_driven", "is_new", "take_lease"]

_RUN, _HOLDER, _FENCE, _SINCE, _EXPIRES_AT = 0, 10, 11, 12, 13


class Lease:
    """What a writer holds: the run, the holder's name, and the fence that makes older holders' writes fail."""

    __slots__ = ("fence", "holder", "run", "workflow_id")

    def __init__(self, run: int, workflow_id: str, holder: str, fence: int) -> None:
        self.run = run
        self.workflow_id = workflow_id
        self.holder = holder
        self.fence = fence

    @property
    def key(self) -> Row:
        """Return what every statement of a writer ends with."""
        return self.run, self.fence, self.holder

    def lost(self) -> RunFenced:
        """Return the error for a writer whose lease is another's by now."""
        return RunFenced(
            f"run {self.workflow_id} is driven by another process by now (this one's lease, number {self.fence}, "
            "had ended): nothing was written",
            workflow_id=self.workflow_id,
            hint=f"Leave the run to that process; `provisioning workflow status {self.workflow_id}` shows how it goes.",
        )


def find_run(connection: sqlite3.Connection, workflow_id: str) -> Row:
    """Return the run's row, or raise `RunNotFound`."""
    row: Row | None = connection.execute(queries.FIND_RUN, (workflow_id,)).fetchone()
    if row is None:
        raise RunNotFound(
            f"there is no run {workflow_id} in this journal",
            workflow_id=workflow_id,
            hint="`provisioning workflow list` shows the runs.",
        )
    return row


def is_driven(row: Row) -> bool:
    """Whether somebody holds the run's lease whose process may live."""
    return row[_HOLDER] is not None and not is_dead(row[_HOLDER])


def find_driven(connection: sqlite3.Connection, now: float) -> str | None:
    """Return the id of a run that somebody drives whose process may live, in a journal of whatever version."""
    for workflow_id, holder, expires_at in connection.execute(queries.LIST_LEASES):
        if now < expires_at and not is_dead(holder):
            return str(workflow_id)
    return None


def is_new(row: Row) -> bool:
    """Whether nobody has ever driven the run."""
    return bool(row[_FENCE] == 0)


def take_lease(connection: sqlite3.Connection, workflow_id: str, holder: str, now: float, seconds: float) -> Lease:
    """Give the run's lease to `holder` for some seconds; raise `RunLocked`, `RunNotFound`."""
    row = find_run(connection, workflow_id)
    if row[_HOLDER] != holder and is_driven(row) and now < row[_EXPIRES_AT]:
        raise _locked(workflow_id, row)
    lease = {"run": row[_RUN], "holder": holder, "now": now, "expires_at": now + seconds}
    connection.execute(queries.TAKE_LEASE, lease)
    return Lease(row[_RUN], workflow_id, holder, row[_FENCE] + 1)


def _locked(workflow_id: str, row: Row) -> RunLocked:
    return RunLocked(
        f"run {workflow_id} is driven by {describe_holder(row[_HOLDER])} since {_time(row[_SINCE])}, "
        f"whose lease lasts until {_time(row[_EXPIRES_AT])} unless it is renewed",
        workflow_id=workflow_id,
        hint=f"Watch it with `provisioning workflow logs -f {workflow_id}`, stop it with "
        f"`provisioning workflow cancel {workflow_id}`, or wait: the lease of a process that is gone ends by itself.",
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
