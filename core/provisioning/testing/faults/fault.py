"""What a fault does to a real process."""

import os
import resource
import signal
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from provisioning.errors import Ambiguous

__all__ = ["Fault"]

_BETWEEN = 0.2
"""Seconds that a signal has to take effect; two at once would be one."""


class Fault(StrEnum):
    """What happens at a point."""

    KILL = "kill"
    """SIGKILL: the process is gone."""
    INTERRUPT = "interrupt"
    """SIGINT, once: a person wants it to stop."""
    INTERRUPT_TWICE = "interrupt_twice"
    """SIGINT, and again: a person wants it to stop at once. The thread that came by stays where it is."""
    TERMINATE = "terminate"
    """SIGTERM: a system wants it to stop."""
    STOP = "stop"
    """SIGSTOP: the process stands still until somebody sends SIGCONT."""
    LOSE_REPLY = "lose_reply"
    """What was done is done, and the caller is told that nobody knows: `Ambiguous`."""
    HANG = "hang"
    """The call never ends."""
    FILL_DISK = "fill_disk"
    """From here on no file of this process can grow."""

    def strike(self) -> None:
        """Do it to this process, in this thread."""
        _STRIKES[self]()


def _send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def _stop() -> None:
    """Stand still here: the system may take a moment until it has stopped every thread, this one too."""
    _send(signal.SIGSTOP)
    threading.Event().wait(_BETWEEN)


def _hang() -> None:
    threading.Event().wait()


def _interrupt_twice() -> None:
    _send(signal.SIGINT)
    threading.Event().wait(_BETWEEN)
    _send(signal.SIGINT)
    _hang()


def _lose_reply() -> None:
    raise Ambiguous("the reply was lost")


def _fill_disk() -> None:
    """Forbid files to be longer than they are: what exceeds a limit of the process fails as on a full disk.

    The signal that comes with it is one that Python ignores.
    """
    sizes = [file.stat().st_size for file in Path(".provisioning").glob("journal.db*")]
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(sizes, default=0), resource.RLIM_INFINITY))


_STRIKES: dict[Fault, Callable[[], None]] = {
    Fault.KILL: lambda: _send(signal.SIGKILL),
    Fault.INTERRUPT: lambda: _send(signal.SIGINT),
    Fault.INTERRUPT_TWICE: _interrupt_twice,
    Fault.TERMINATE: lambda: _send(signal.SIGTERM),
    Fault.STOP: _stop,
    Fault.LOSE_REPLY: _lose_reply,
    Fault.HANG: _hang,
    Fault.FILL_DISK: _fill_disk,
}
