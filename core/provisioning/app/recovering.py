"""Runs that somebody should go on with: they are active, and whoever drove them is gone."""

import time
from collections.abc import Callable, Iterator

from provisioning.app.run import is_driven
from provisioning.contract import Journal, RunRecord, RunState

__all__ = ["find_abandoned"]

GRACE = 5.0
"""How long, in seconds, a run without any driver is left alone: it may be one that is just being started."""

_MOST = 100_000


def find_abandoned(journal: Journal, *, clock: Callable[[], float] = time.time) -> Iterator[RunRecord]:
    """Yield the runs that are active and driven by nobody, the oldest first; raises any `JournalError`.

    That a driver on this host is gone is known at once; of another host's, when its lease has ended. Several processes
    may find the same run: whoever takes its lease first drives it. A run that was accepted elsewhere and has waited
    there for its turn longer than `GRACE` is found as well: whoever has room may take it.
    """
    for state in (RunState.RUNNING, RunState.ROLLING_BACK):
        for run in reversed(journal.list_runs(limit=_MOST, state=state)):
            if is_driven(run) or (run.lease is None and clock() - run.updated_at < GRACE):
                continue
            yield run
