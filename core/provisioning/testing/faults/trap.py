"""A trap: something that is done when a run comes to a point for the n-th time."""

import threading
from collections import Counter
from collections.abc import Callable

from provisioning.testing.faults.point import Point

__all__ = ["Trap"]


class Trap:
    """Calls `act` the `nth` time that `point` is reached, and counts how often each one is; any thread may reach it.

    Without a point it only counts. `has_sprung` says whether it came to that.
    """

    def __init__(self, point: Point | None = None, act: Callable[[], None] | None = None, *, nth: int = 1) -> None:
        self.reached: Counter[Point] = Counter()
        self.has_sprung = False
        self._point = point
        self._act = act
        self._nth = nth
        self._lock = threading.Lock()

    def __call__(self, point: Point) -> None:
        """Be told that a run has come to a point; raise what `act` raises."""
        with self._lock:
            self.reached[point] += 1
            is_due = point == self._point and self.reached[point] == self._nth
            self.has_sprung |= is_due
        if is_due and self._act is not None:
            self._act()
