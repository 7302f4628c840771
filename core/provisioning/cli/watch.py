"""The watch for signals while a run goes on: the first one stops it in good order, the second one at once.

Signals are heard on a pipe by a thread of their own, not in a handler: a handler runs in the middle of whatever the
main thread does, where it may take no lock, and so could neither print nor stop a run safely.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self

from provisioning.cli.exits import ExitCode

__all__ = ["InterruptWatch", "Interruptible"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = b"\x1b[?25h\n"


class Interruptible(Protocol):
    """What can be stopped in good order, if this process drives it."""

    @property
    def is_driven_here(self) -> bool:
        """Whether `interrupt` has any effect."""
        ...

    def interrupt(self) -> None:
        """Schedule nothing more, and record what is in flight."""
        ...


class InterruptWatch:
    """Hears SIGINT and SIGTERM from its entry to its exit; `say` tells people what happens.

    It is entered before the run begins, so that no moment is left in which a signal would end the process half-way;
    a signal that comes before `attach` is remembered. Only the main thread can enter it.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._run: Interruptible | None = None
        self._heard = 0
        self._previous: dict[signal.Signals, Any] = {}
        self._thread = threading.Thread(target=self._listen, name="signals", daemon=True)

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._old_wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._previous = {number: signal.signal(number, _heard_elsewhere) for number in SIGNALS}
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_wakeup)
        os.close(self._writer)
        self._thread.join()
        os.close(self._reader)

    def attach(self, run: Interruptible) -> None:
        """Name the run that a signal stops; stop it now when one has come already."""
        with self._lock:
            self._run = run
            is_due = self._heard > 0
        if is_due:
            run.interrupt()

    def _listen(self) -> None:
        while byte := os.read(self._reader, 1):
            if byte[0] in SIGNALS:
                self._hear(signal.Signals(byte[0]))

    def _hear(self, number: signal.Signals) -> None:
        with self._lock:
            self._heard += 1
            run, is_first = self._run, self._heard == 1
        if not is_first:
            _leave_now()
        if run is not None and not run.is_driven_here:
            with contextlib.suppress(OSError):
                self._say(f"{number.name}: the run goes on elsewhere; `provisioning workflow cancel` stops it")
            _leave_now()
        with contextlib.suppress(OSError):
            self._say(
                f"{number.name}: nothing more is started, what is in flight is being recorded; once more exits at once"
            )
        if run is not None:
            run.interrupt()


def _heard_elsewhere(_number: int, _frame: object) -> None:
    """Let the default not happen; the number went down the pipe."""


def _leave_now() -> NoReturn:
    """End the process: every intent is durable before its call, so this is as safe as any kill."""
    with contextlib.suppress(OSError):
        if sys.stderr.isatty():
            os.write(2, SHOW_CURSOR)
    os._exit(ExitCode.INTERRUPTED)
