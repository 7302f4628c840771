"""The end of the journal, and the wait for something to be added there."""

import threading
import time
from collections.abc import Callable

from provisioning.errors import JournalError

__all__ = ["Tail"]


class Tail:
    """Lets threads wait for new events: woken at once by this process, and by looking now and then for others.

    `read` returns the sequence of the newest event in the file; `interval` is the time between two looks, in seconds.
    """

    def __init__(
        self, read: Callable[[], int], *, interval: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._interval = interval
        self._monotonic = monotonic
        self._grown = threading.Condition()
        self._newest = 0
        self._is_closed = False

    def grow(self, sequence: int) -> None:
        """Tell everybody who waits that this process has added events up to `sequence`."""
        with self._grown:
            self._newest = max(self._newest, sequence)
            self._grown.notify_all()

    def close(self) -> None:
        """Let everybody go who waits."""
        with self._grown:
            self._is_closed = True
            self._grown.notify_all()

    def wait(self, after: int, timeout: float) -> bool:
        """Wait at most `timeout` seconds for an event above `after`; return whether there is one."""
        deadline = self._monotonic() + timeout
        while not self._is_closed:
            if self._newest > after or self._is_there(after):
                return True
            remaining = deadline - self._monotonic()
            if remaining <= 0:
                return False
            self._pause(after, min(remaining, self._interval))
        return False

    def _is_there(self, after: int) -> bool:
        """Whether there is an event above `after`; no, when the journal was closed while it was asked."""
        try:
            return self._read() > after
        except JournalError:
            if self._is_closed:
                return False
            raise

    def _pause(self, after: int, seconds: float) -> None:
        with self._grown:
            if self._newest <= after and not self._is_closed:
                self._grown.wait(seconds)
