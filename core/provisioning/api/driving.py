"""The runs that this server drives: so many at once, the others in the order in which they came."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from provisioning.api.errors import Stopping
from provisioning.app import App, Run, is_driven
from provisioning.errors import JournalError, ProvisioningError, RunLocked

__all__ = ["Driving"]

_LOGGER = logging.getLogger("provisioning.api")
_MOMENT = 0.1
_BEGINNING = 0.1
_MOST_BEGINNING = 2
"""A run is busiest in its first moments: so many are in them at once, and leave room for those who answer requests."""


class Driving:
    """Begins runs and waits for them, `most` at once.

    What was accepted and waits its turn is in the journal already, so nothing is lost when this process ends: whoever
    starts next takes it up (see `Recovery`).
    """

    def __init__(self, app: App, most: int) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._waiting: set[str] = set()
        self._running: dict[str, Run] = {}
        self._interrupted: set[str] = set()
        self._stopping = threading.Event()
        self._beginning = threading.Semaphore(_MOST_BEGINNING)
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="driving")

    @property
    def counts(self) -> tuple[int, int]:
        """How many runs are driven here now, and how many wait for their turn."""
        with self._lock:
            self._running = {name: run for name, run in self._running.items() if not run.is_over}
            return len(self._running), len(self._waiting)

    def holds(self, workflow_id: str) -> bool:
        """Whether a run is driven here, or will be."""
        with self._lock:
            return self._is_held(workflow_id)

    def _is_held(self, workflow_id: str) -> bool:
        run = self._running.get(workflow_id)
        return workflow_id in self._waiting or (run is not None and not run.is_over)

    def take_up(self, workflow_id: str) -> None:
        """Drive a run when its turn comes, unless somebody else has done so by then."""

        def begin() -> Run | None:
            run = self._app.journal.get_run(workflow_id)
            return self._app.resume(workflow_id) if run.state.is_active and not is_driven(run) else None

        self._put(workflow_id, begin)

    def resume(self, workflow_id: str) -> None:
        """Go on with a run that has stopped when its turn comes."""
        self._put(workflow_id, lambda: self._app.resume(workflow_id))

    def begin(self, begin: Callable[[], Run]) -> None:
        """Begin something at once, and return when it is under way; raises what keeps it from that."""
        if self._stopping.is_set():
            raise Stopping("the server stops", hint="ask again when it has started")
        journal = self._app.journal
        newest = journal.last_sequence()
        run = begin()
        with self._lock:
            self._running[run.workflow_id] = run
        while not run.is_over and not journal.get_run(run.workflow_id).state.is_active:
            journal.wait_for_events(newest, _MOMENT)
            newest = journal.last_sequence()
        if run.is_over:
            run.wait()

    def stop(self, patience: float) -> list[str]:
        """Begin nothing more, interrupt what is driven and wait `patience` seconds for it; return what was interrupted.

        What does not end in time is left to its lease: it is as safe as any process that is killed.
        """
        with self._lock:
            self._stopping.set()
            running = {name: run for name, run in self._running.items() if not run.is_over}
        self._pool.shutdown(wait=False, cancel_futures=True)
        for run in running.values():
            run.interrupt()
        deadline = time.monotonic() + patience
        for run in running.values():
            run.join(max(0.0, deadline - time.monotonic()))
        return sorted(self._interrupted | running.keys())

    def _put(self, workflow_id: str, begin: Callable[[], Run | None]) -> None:
        with self._lock:
            if self._stopping.is_set() or self._is_held(workflow_id):
                return
            self._waiting.add(workflow_id)
            self._pool.submit(self._drive, workflow_id, begin)

    def _drive(self, workflow_id: str, begin: Callable[[], Run | None]) -> None:
        try:
            with self._beginning:
                if self._stopping.is_set():
                    return  # it is in the journal, for whoever starts next
                run = self._begin(workflow_id, begin)
            if run is not None:
                report = run.wait()
                _LOGGER.info("run %s %s", workflow_id, report.state)
        except RunLocked as error:
            _LOGGER.info("%s", error.message)
        except ProvisioningError as error:
            _LOGGER.warning("run %s is not driven here: %s", workflow_id, error.message)
        except Exception:
            _LOGGER.exception("run %s is not driven here", workflow_id)
        finally:
            with self._lock:
                self._waiting.discard(workflow_id)
                self._running.pop(workflow_id, None)

    def _begin(self, workflow_id: str, begin: Callable[[], Run | None]) -> Run | None:
        run = self._patiently(begin)
        if run is None:
            return None
        with self._lock:
            self._waiting.discard(workflow_id)
            self._running[workflow_id] = run
            is_stopping = self._stopping.is_set()
            if is_stopping:
                self._interrupted.add(workflow_id)
        if is_stopping:
            run.interrupt()
        run.join(_BEGINNING)
        return run

    def _patiently(self, begin: Callable[[], Run | None]) -> Run | None:
        """Begin a run; try again while the journal is busy, for the run was promised."""
        while True:
            try:
                return begin()
            except JournalError as error:
                if not error.retryable or self._stopping.wait(1.0):
                    raise
