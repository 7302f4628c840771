"""Taking up what was cut off: runs whose driver is gone, whether that was before this server started or is now.

Servers that share a journal look at the same runs: whoever takes the lease of one drives it, and the others let it be.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from provisioning.api.driving import Driving
from provisioning.api.handover import Handover
from provisioning.app import App, find_abandoned
from provisioning.contract import RunState
from provisioning.errors import JournalError, RunNotFound

__all__ = ["Recovery"]

_LOGGER = logging.getLogger("provisioning.api")
_INTERVAL = 1.0
_AGAIN = 60.0


class Recovery:
    """Looks for runs that nobody drives for as long as the server runs.

    One that could not be driven here, say because an extension that it needs is not there, is tried again a minute
    later, or when somebody else has driven it meanwhile.
    """

    def __init__(
        self,
        app: App,
        driving: Driving,
        handover: Handover,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._driving = driving
        self._handover = handover
        self._clock = clock
        self._monotonic = monotonic
        self._tried: dict[str, tuple[int, float]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="recovery", daemon=True)

    def start(self) -> None:
        """Look for the first time now, then in a thread."""
        self.look()
        for workflow_id in self._handover.take():
            self._go_on(workflow_id)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()

    def look(self) -> None:
        """Take up what nobody drives; raises `JournalError`."""
        now = self._monotonic()
        found: dict[str, tuple[int, float]] = {}
        for run in find_abandoned(self._app.journal, clock=self._clock):
            fence = 0 if run.lease is None else run.lease.fence
            before, at = self._tried.get(run.workflow_id, (-1, 0.0))
            if fence == before and now - at < _AGAIN:
                found[run.workflow_id] = before, at
                continue
            if not self._driving.holds(run.workflow_id):
                found[run.workflow_id] = fence, now
                _LOGGER.info("run %s is taken up: it is %s, and nobody drives it", run.workflow_id, run.state)
                self._driving.take_up(run.workflow_id)
        self._tried = found

    def _go_on(self, workflow_id: str) -> None:
        """Go on with a run that another server interrupted as it stopped, if nobody has done anything to it since."""
        with suppress(RunNotFound):
            if self._app.journal.get_run(workflow_id).state is RunState.INTERRUPTED:
                self._driving.resume(workflow_id)

    def _watch(self) -> None:
        pause = _INTERVAL
        while not self._stopped.wait(pause):
            began = self._monotonic()
            with suppress(JournalError):
                self.look()
            pause = max(_INTERVAL, 20 * (self._monotonic() - began))  # looking takes a twentieth of the time, at most
