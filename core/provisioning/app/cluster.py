"""The fleet in one document: workers, queues, and who drives which run."""

from typing import Any

from provisioning.contract import ClusterStatus, Journal, RunState

__all__ = ["cluster_document"]

_MOST = 1000


def cluster_document(status: ClusterStatus, journal: Journal) -> dict[str, Any]:
    """Return the JSON form; `leases` are those of active runs, the oldest first."""
    leases = [
        {
            "workflow_id": run.workflow_id,
            "state": str(run.state),
            "driven_by": None if run.lease is None else run.lease.holder,
            "expires_at": None if run.lease is None else run.lease.expires_at,
        }
        for state in (RunState.RUNNING, RunState.ROLLING_BACK)
        for run in reversed(journal.list_runs(limit=_MOST, state=state))
    ]
    return {
        "workers": [worker.as_dict() for worker in status.workers],
        "queues": [queue.as_dict() for queue in status.queues],
        "leases": leases,
    }
