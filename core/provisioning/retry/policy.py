"""A retry policy: how many attempts something gets, and how long to wait between them.

Delays grow exponentially up to a bound and are spread at random, so that many who failed together do not come back
together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015:
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["RetryPolicy"]

_MOST_DOUBLINGS = 2**53


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how fast to try again; delays in seconds.

    `attempts` counts all tries, the first one too. The delay after the first is `initial_delay`, each further one
    `factor` times the one before, at most `max_delay`; then it is spread by up to `jitter` of itself both ways
    (0.1: between 90 % and 110 %). Raises `ValueError` for values that make no sense.
    """

    attempts: int = 3
    initial_delay: float = 1.0
    factor: float = 2.0
    max_delay: float = 60.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        checks = (
            ("attempts", "a whole number from 1 up", _is_whole(self.attempts) and self.attempts >= 1),
            ("initial_delay", "0 or more seconds", _is_between(self.initial_delay, 0)),
            ("factor", "1 or more", _is_between(self.factor, 1)),
            ("max_delay", "0 or more seconds", _is_between(self.max_delay, 0)),
            ("jitter", "between 0 and 1", _is_between(self.jitter, 0, 1)),
        )
        problems = [
            f"{name} must be {wanted}, not {getattr(self, name)!r}" for name, wanted, fits in checks if not fits
        ]
        if problems:
            raise ValueError("; ".join(problems))

    def delay(self, attempt: int, random: Callable[[], float], retry_after: float | None = None) -> float | None:
        """Return how long to wait after the given attempt failed, in seconds; None when it was the last one.

        `attempt` counts from 1. `random` gives numbers from 0 up to 1. `retry_after` is what the other side asked for:
        the answer is never below it, even where it is beyond `max_delay`.
        """
        return None if attempt >= self.attempts else self.pause(attempt, random, retry_after)

    def pause(self, attempt: int, random: Callable[[], float], retry_after: float | None = None) -> float:
        """Return the same delay, where no attempt is the last one: for whoever is only asked to slow down."""
        spread = 1 + self.jitter * (2 * random() - 1)
        return max(self._unspread(attempt) * spread, retry_after or 0.0)

    def _unspread(self, attempt: int) -> float:
        exponent = min(max(attempt, 1) - 1, _MOST_DOUBLINGS)
        try:
            return min(self.initial_delay * self.factor**exponent, self.max_delay)
        except OverflowError:
            return self.max_delay if self.initial_delay else 0.0


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_between(value: float, low: float, high: float = math.inf) -> bool:
    """Whether `value` is a finite number in these bounds; a NaN is in none."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and low <= value <= high and value != math.inf
