"""The end of the journal, and the wait for something to be added there, by whatever host."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from provisioning.errors import JournalError
from provisioning_postgres.connections import Connections

__all__ = ["Tail"]

PAUSE = 1.0
"""Seconds before a listener that lost its server tries again."""


class Tail:
    """Lets threads wait for new events: woken by this process, by a notice of the server, and by looking now and then.

    `read` returns the newest place that can be read; `interval` is the time between two looks, in seconds. The
    connection that listens is opened when somebody waits for the first time. A notice that is lost costs an interval,
    and no event.
    """

    def __init__(self, read: Callable[[], int], connections: Connections, *, interval: float) -> None:
        self._read = read
        self._connections = connections
        self._interval = interval
        self._channel = f"{connections.location.schema}_events"
        self._grown = threading.Condition()
        self._news = 0
        self._is_closed = False
        self._listener: threading.Thread | None = None

    @property
    def notice(self) -> tuple[str, tuple[str]]:
        """The statement that wakes everybody who waits on other hosts, with its parameters."""
        return "SELECT pg_notify(%s, '')", (self._channel,)

    def grow(self) -> None:
        """Let everybody look who waits."""
        with self._grown:
            self._news += 1
            self._grown.notify_all()

    def close(self) -> None:
        """Let everybody go who waits."""
        with self._grown:
            self._is_closed = True
            self._grown.notify_all()
        if self._listener is not None:
            self._listener.join(5)

    def wait(self, after: int, timeout: float) -> bool:
        """Wait at most `timeout` seconds for an event above `after`; return whether there is one."""
        self._listen()
        deadline = time.monotonic() + timeout
        while not self._is_closed:
            seen = self._news
            if self._is_there(after):
                return True
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            with self._grown:
                self._grown.wait_for(lambda: self._is_closed or self._news > seen, min(remaining, self._interval))  # noqa: B023
        return False

    def _is_there(self, after: int) -> bool:
        """Whether there is an event above `after`; no, when the journal was closed while it was asked."""
        try:
            return self._read() > after
        except JournalError:
            if self._is_closed:
                return False
            raise

    def _listen(self) -> None:
        with self._grown:
            if self._listener is None and not self._is_closed:
                self._listener = threading.Thread(target=self._hear, name="provisioning-journal-tail", daemon=True)
                self._listener.start()

    def _hear(self) -> None:
        while not self._is_closed:
            with suppress(psycopg.Error, JournalError), self._connections.connect() as connection:
                connection.execute(f'LISTEN "{self._channel}"'.encode())
                self.grow()
                while not self._is_closed:
                    for _ in connection.notifies(timeout=0.5, stop_after=1):
                        self.grow()
                    connection.execute("SELECT 1")  # listening alone does not notice a server that is gone
            if not self._is_closed:
                time.sleep(PAUSE)
