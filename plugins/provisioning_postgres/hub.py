"""The place of a process where answers of workers arrive: one connection listens for all runs that are driven here."""

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from provisioning.errors import JournalError
from provisioning_postgres.connections import Connections

__all__ = ["Hub"]

PAUSE = 0.5
"""Seconds before a listener that lost its server tries again."""


class Hub:
    """Wakes drivers when an answer has come; a notice that is lost costs them a second, and no answer.

    `beat` is called now and then in the listening thread, with the connection.
    """

    def __init__(self, connections: Connections, beat: Callable[[psycopg.Connection], object]) -> None:
        self._connections = connections
        self._beat = beat
        self.channel = f"{connections.location.schema[:40]}_{secrets.token_hex(6)}"
        self._news = 0
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen, if that has not begun."""
        with self._changed:
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._listen, name="provisioning-answers", daemon=True)
                self._thread.start()

    @property
    def news(self) -> int:
        """A number that rises with each notice."""
        return self._news

    def wake(self) -> None:
        """Let everybody look who waits; safe in a signal handler, as nothing there holds the lock for long."""
        threading.Thread(target=self._tell, daemon=True).start()

    def wait(self, seen: int, timeout: float) -> None:
        """Wait until there is more news than `seen`, at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._news > seen or self._is_closed, timeout)

    def close(self) -> None:
        """Listen no more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(5)

    def _tell(self) -> None:
        with self._changed:
            self._news += 1
            self._changed.notify_all()

    def _listen(self) -> None:
        while not self._is_closed:
            with suppress(psycopg.Error, JournalError), self._connections.connect() as connection:
                connection.execute(f'LISTEN "{self.channel}"'.encode())
                self._tell()
                self._hear(connection)
            if not self._is_closed:
                time.sleep(PAUSE)

    def _hear(self, connection: psycopg.Connection) -> None:
        last = 0.0
        while not self._is_closed:
            if time.monotonic() - last > 1.0:
                self._beat(connection)
                last = time.monotonic()
            for _ in connection.notifies(timeout=0.5, stop_after=1):
                self._tell()
