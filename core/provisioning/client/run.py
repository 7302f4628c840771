"""A run that a server drives, as its starter holds it here."""

import time
from collections.abc import Callable, Iterator

from provisioning.app import Report
from provisioning.contract import Event

__all__ = ["RemoteRun"]

_PAUSE = 0.2


class RemoteRun:
    """The same as `provisioning.app.Run`, watched from afar: it goes on whatever becomes of this process."""

    is_driven_here = False
    """It is driven by the server: it can be watched, and cancelled."""

    def __init__(self, workflow_id: str, events: Callable[[], Iterator[Event]], report: Callable[[], Report]) -> None:
        self.workflow_id = workflow_id
        self._events = events
        self._report = report

    def events(self) -> Iterator[Event]:
        """Yield the run's events from the moment it was started, until it is over."""
        return self._events()

    def wait(self) -> Report:
        """Wait until the run is over, and return its report."""
        while (report := self._report()).state.is_active:
            time.sleep(_PAUSE)
        return report

    def interrupt(self) -> None:
        """Do nothing: the run goes on at the server; `cancel` stops it there."""
