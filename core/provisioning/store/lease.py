"""The lease of a run in the SQLite journal."""

import sqlite3

from provisioning.contract.holder import is_dead
from provisioning.contract.lease import Lease, check_free, unknown_run
from provisioning.contract.rows import Row
from provisioning.store import queries

__all__ = ["find_driven", "find_run", "take_lease"]


def find_run(connection: sqlite3.Connection, workflow_id: str) -> Row:
    """Return the run's row, or raise `RunNotFound`."""
    row: Row | None = connection.execute(queries.FIND_RUN, (workflow_id,)).fetchone()
    if row is None:
        raise unknown_run(workflow_id)
    return row


def find_driven(connection: sqlite3.Connection, now: float) -> str | None:
    """Return the id of a run that somebody drives whose process may live, in a journal of whatever version."""
    for workflow_id, holder, expires_at in connection.execute(queries.LIST_LEASES):
        if now < expires_at and not is_dead(holder):
            return str(workflow_id)
    return None


def take_lease(connection: sqlite3.Connection, workflow_id: str, holder: str, now: float, seconds: float) -> Lease:
    """Give the run's lease to `holder` for some seconds; raise `RunLocked`, `RunNotFound`."""
    row = find_run(connection, workflow_id)
    check_free(row, holder, now)
    run, fence = row[0], row[11]
    lease = {"run": run, "holder": holder, "now": now, "expires_at": now + seconds}
    connection.execute(queries.TAKE_LEASE, lease)
    return Lease(run, workflow_id, holder, fence + 1)
