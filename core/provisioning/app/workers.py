"""The workers of a workspace: becoming one of them, and looking at all of them."""

from collections.abc import Callable, Sequence
from typing import Any

from provisioning.app.parts import Parts
from provisioning.app.run import Run
from provisioning.app.working import WorkerProcess
from provisioning.contract import DEFAULT_POOL, RunState

__all__ = ["Workers"]

_MOST = 1000
"""How many leases are told of at most, of each state."""


class Workers:
    """What `app.workers` does. Methods raise `ConfigurationError` for an engine that has no workers."""

    def __init__(self, parts: Parts, resume: Callable[[str], Run]) -> None:
        self._parts = parts
        self._resume = resume

    def __bool__(self) -> bool:
        """Whether operations are carried out by workers."""
        return self._parts.engines.is_remote

    def process(
        self, *, pools: Sequence[str] = (DEFAULT_POOL,), concurrency: int = 10, most_runs: int = 50
    ) -> WorkerProcess:
        """Return a worker, which carries out operations of some pools, so many at once.

        It takes over runs whose driver is gone, at most `most_runs` of them at once.
        """
        return WorkerProcess(self._parts, self._resume, pools=pools, concurrency=concurrency, most=most_runs)

    def status(self) -> dict[str, Any]:
        """Return the workers that are there, what waits for them, and who drives which run, the oldest first."""
        journal = self._parts.journal  # first: the queue is kept beside it
        status = self._parts.engines.cluster_status()
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
