"""A run in progress, as its starter holds it."""

import threading
from collections.abc import Callable, Iterator

from provisioning.app.following import follow_events
from provisioning.contract import Event, Journal
from provisioning.workflow import Report, Runner, read_report

__all__ = ["Run"]


class Run:
    """One run that goes on in a thread of this process, or in another process, or has ended already.

    Use `events` to watch it, `wait` for its report, `interrupt` to stop it in good order.
    """

    def __init__(
        self,
        journal: Journal,
        workflow_id: str,
        *,
        after: int = 0,
        runner: Runner | None = None,
        drive: Callable[[Runner], object] | None = None,
    ) -> None:
        self.workflow_id = workflow_id
        self._journal = journal
        self._after = after
        self._runner = runner
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        if runner is not None and drive is not None:
            name = f"run {workflow_id}"
            self._thread = threading.Thread(target=self._drive, args=(runner, drive), name=name, daemon=True)
            self._thread.start()

    def _drive(self, runner: Runner, drive: Callable[[Runner], object]) -> None:
        try:
            drive(runner)
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits
            self._error = error

    @property
    def is_driven_here(self) -> bool:
        """Whether this process drives it; one that is driven elsewhere can only be watched and cancelled."""
        return self._thread is not None

    @property
    def is_over(self) -> bool:
        """Whether nobody drives the run any more."""
        if self._thread is not None:
            return not self._thread.is_alive()
        run = self._journal.get_run(self.workflow_id)
        return not run.state.is_active or run.lease is None

    def events(self) -> Iterator[Event]:
        """Yield this run's events from the moment it was started here, until it is over."""
        patience = 0.02 if self.is_driven_here else 0.5
        return follow_events(self._journal, self.workflow_id, self._after, lambda: self.is_over, patience)

    def wait(self, timeout: float | None = None) -> Report:
        """Wait until the run is over, at most `timeout` seconds, and return its report as it stands then.

        Raises what kept the run from being driven: `RunLocked`, `RunFenced`, a `JournalError`.
        """
        if self._thread is not None:
            self._thread.join(timeout)
        else:
            for _ in self.events():
                pass
        if self._error is not None:
            raise self._error
        return read_report(self._journal, self.workflow_id)

    def join(self) -> None:
        """Wait until nobody here drives the run any more, whatever became of it."""
        if self._thread is not None:
            self._thread.join()

    def interrupt(self) -> None:
        """Take nothing more up, let calls in flight be recorded, and end; safe in a signal handler.

        Does nothing to a run that is driven elsewhere.
        """
        if self._runner is not None:
            self._runner.interrupt()
