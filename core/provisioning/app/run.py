"""A run in progress, as its starter holds it."""

import threading
import time
from collections.abc import Callable, Iterator

from provisioning.app.following import follow_events
from provisioning.contract import Event, Journal, RunRecord
from provisioning.contract.holder import is_dead
from provisioning.errors import RunInterrupted
from provisioning.workflow import Report, Runner, read_report

__all__ = ["Run", "is_driven"]


def is_driven(run: RunRecord) -> bool:
    """Whether some process drives a run now: one that was killed holds its lease still, and drives nothing."""
    lease = run.lease
    return run.state.is_active and lease is not None and lease.expires_at > time.time() and not is_dead(lease.holder)


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
        return not is_driven(self._journal.get_run(self.workflow_id))

    def events(self) -> Iterator[Event]:
        """Yield this run's events from the moment it was started here, until it is over."""
        patience = 0.02 if self.is_driven_here else 0.5
        return follow_events(self._journal, self.workflow_id, self._after, lambda: self.is_over, patience)

    def wait(self, timeout: float | None = None) -> Report:
        """Wait until the run is over, at most `timeout` seconds, and return its report as it stands then.

        Raises what kept the run from being driven: `RunLocked`, `RunFenced`, a `JournalError`; and `RunInterrupted`
        when the process that drove it elsewhere was lost.
        """
        if self._thread is not None:
            self._thread.join(timeout)
        else:
            self._wait_for_another(timeout)
        if self._error is not None:
            raise self._error
        return read_report(self._journal, self.workflow_id)

    def _wait_for_another(self, timeout: float | None) -> None:
        """Wait for a run that is driven by another process."""
        end = None if timeout is None else time.monotonic() + timeout

        def is_enough() -> bool:
            return self.is_over or (end is not None and time.monotonic() >= end)

        for _ in follow_events(self._journal, self.workflow_id, self._after, is_enough):
            pass
        run = self._journal.get_run(self.workflow_id)
        if run.state.is_active and not is_driven(run):
            raise RunInterrupted(
                f"the process that drove run {self.workflow_id} is gone, and left it {run.state}",
                workflow_id=self.workflow_id,
                hint=f"go on with it: `provisioning workflow resume {self.workflow_id}`",
            )

    def join(self, timeout: float | None = None) -> None:
        """Wait until nobody here drives the run any more, whatever became of it; at most `timeout` seconds."""
        if self._thread is not None:
            self._thread.join(timeout)

    def interrupt(self) -> None:
        """Take nothing more up, let calls in flight be recorded, and end; safe in a signal handler.

        Does nothing to a run that is driven elsewhere.
        """
        if self._runner is not None:
            self._runner.interrupt()
