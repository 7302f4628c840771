"""Taking up what was cut off: runs that were accepted or driven by a process that is gone when this one starts.

Only what the journal held at the start is looked at: a run that somebody cuts off later at a command line is left to
that one. A run that another living process drives renews its lease, and is left alone. A run without any driver may
be one that is just being started elsewhere, so it is left a while first.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from provisioning.api.driving import Driving
from provisioning.api.handover import Handover
from provisioning.app import App, is_driven
from provisioning.contract import RunRecord, RunState
from provisioning.errors import JournalError, RunNotFound

__all__ = ["Recovery"]

_MOST = 100_000
_INTERVAL = 1.0
_GRACE = 3.0


class Recovery:
    """Looks at every run that was active at the start until it is over, driven by somebody who lives, or taken up."""

    def __init__(
        self, app: App, driving: Driving, handover: Handover, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._app = app
        self._driving = driving
        self._handover = handover
        self._clock = clock
        self._leases: dict[str, float | None] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="recovery", daemon=True)

    def start(self) -> None:
        """Look for the first time now, then in a thread until there is nothing left to look at."""
        for state in (RunState.RUNNING, RunState.ROLLING_BACK):
            for run in reversed(self._app.runs(limit=_MOST, state=state)):
                self._leases[run.workflow_id] = None if run.lease is None else run.lease.expires_at
        self.look()
        for workflow_id in self._handover.take():
            self._go_on(workflow_id)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()

    def look(self) -> None:
        """Take up what can be taken up now, and forget what is settled."""
        for workflow_id in list(self._leases):
            try:
                run = self._app.journal.get_run(workflow_id)
            except RunNotFound:
                del self._leases[workflow_id]
                continue
            if self._is_settled(run):
                del self._leases[workflow_id]

    def _is_settled(self, run: RunRecord) -> bool:
        """Whether there is nothing more to watch of a run; one that is free is taken up."""
        if not run.state.is_active or self._driving.holds(run.workflow_id):
            return True
        if is_driven(run):
            before = self._leases[run.workflow_id]
            return before is None or (run.lease is not None and run.lease.expires_at > before)
        if run.lease is None and self._clock() - run.updated_at < _GRACE:
            return False
        self._driving.take_up(run.workflow_id)
        return True

    def _go_on(self, workflow_id: str) -> None:
        """Go on with a run that another server interrupted as it stopped, if nobody has done anything to it since."""
        with suppress(RunNotFound):
            if self._app.journal.get_run(workflow_id).state is RunState.INTERRUPTED:
                self._driving.resume(workflow_id)

    def _watch(self) -> None:
        while self._leases and not self._stopped.wait(_INTERVAL):
            try:
                self.look()
            except JournalError:
                continue
