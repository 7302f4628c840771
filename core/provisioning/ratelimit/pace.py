"""A pace: the turns in which requests go out, evenly spaced, and none of them while it is paused.

Even spacing is the generic cell rate algorithm (ITU-T I.371) with no tolerance: a bucket that lets a burst through
sends more than its rate in its first second, which a cloud that counts answers with throttling.
"""

import threading
from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """Gives out turns, at most `per_second` of them in a second (None: as many as are wanted).

    `clock` gives seconds. Any thread may call any method; nothing here waits. Raises `ValueError` for a rate that is
    not above 0.
    """

    def __init__(self, per_second: float | None, clock: Callable[[], float]) -> None:
        if per_second is not None and not per_second > 0:
            raise ValueError(f"per_second must be above 0, not {per_second!r}")
        self._spacing = 0.0 if per_second is None else 1.0 / per_second
        self._clock = clock
        self._next = self._resumes = clock()
        self._is_free = per_second is None  # and never paused, as most are: a turn must cost them nothing
        self._lock = threading.Lock()

    def opens_in(self) -> float:
        """Return how long the next turn is away, in seconds; 0 when it is now."""
        return max(self._next - self._clock(), self._resumes - self._clock(), 0.0)

    def take(self) -> float:
        """Take the next turn, and return how long it is away, in seconds."""
        if self._is_free:
            return 0.0
        with self._lock:
            now = self._clock()
            turn = max(now, self._next, self._resumes)
            self._next = turn + self._spacing
            return turn - now

    def pause(self, seconds: float) -> None:
        """Give no turn before `seconds` have passed; a longer pause that is under way stays."""
        with self._lock:
            self._is_free = False
            self._resumes = max(self._resumes, self._clock() + seconds)
