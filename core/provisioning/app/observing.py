"""Extensions that listen: each event of a run, after it is durable, in a thread of their own."""

import logging
import threading
from collections.abc import Callable

from provisioning.app.following import follow_events
from provisioning.contract import Event, Journal
from provisioning.errors import JournalError

__all__ = ["EVENTS", "Observing", "log_event"]

_LOGGER = logging.getLogger("provisioning.extensions")

EVENTS = logging.getLogger("provisioning.events")
"""Where the events of runs that are driven here are logged, when somebody wants to see them."""


def log_event(event: Event) -> None:
    """Log one event, with the run and the operation that it is about."""
    words = event.kind if event.operation_id is None else f"{event.kind} {event.operation_id}"
    told = {"workflow_id": event.workflow_id, "operation_id": event.operation_id, "data": dict(event.data)}
    EVENTS.info("run %s: %s", event.workflow_id, words, extra=told)


class Observing:
    """Tells `notify` of a run's events from its journal while the run goes on; a context manager.

    Leaving it waits until everything that has happened is told, at most `patience` seconds: an observer that hangs
    does not hold the run up for ever.
    """

    def __init__(
        self, journal: Journal, workflow_id: str, after: int, notify: Callable[[Event], None], patience: float = 30.0
    ) -> None:
        self._events = follow_events(journal, workflow_id, after, self._is_over)
        self._notify = notify
        self._patience = patience
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, name=f"observers of {workflow_id}", daemon=True)

    def _is_over(self) -> bool:
        return self._over.is_set()

    def _tell(self) -> None:
        try:
            for event in self._events:
                self._notify(event)
        except JournalError as error:
            _LOGGER.warning("observers were told of no more events: %s", error.message)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(self._patience)
