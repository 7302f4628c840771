"""Turns: whoever does something under a name waits for those who do it under the same name, and for nobody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Turns"]


class Turns:
    """Locks by name, which are forgotten when nobody holds or wants them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Wait for the turn under a name, and hold it."""
        with self._lock:
            turn, users = self._turns.get(name, (threading.Lock(), 0))
            self._turns[name] = (turn, users + 1)
        try:
            with turn:
                yield
        finally:
            with self._lock:
                turn, users = self._turns.pop(name)
                if users > 1:
                    self._turns[name] = (turn, users - 1)
