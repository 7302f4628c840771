"""How long to wait before the next attempt: doubling, bounded, and left to chance.

The delay is drawn evenly from nothing to the bound ("full jitter",
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): many senders that failed together do not
come back together.
"""

from dataclasses import dataclass

__all__ = ["Pace"]


@dataclass(frozen=True, slots=True)
class Pace:
    """`attempts` in all; delays in seconds."""

    attempts: int = 5
    initial_delay: float = 1.0
    max_delay: float = 60.0

    def delay(self, attempt: int, chance: float, retry_after: float | None = None) -> float:
        """Return the seconds to wait after a failed attempt, counted from 1; `chance` is from 0 to 1.

        It is no shorter than what the receiver asked for, as far as `max_delay` allows.
        """
        bound = min(self.max_delay, self.initial_delay * 2.0 ** (attempt - 1))
        return max(chance * bound, min(retry_after or 0.0, self.max_delay))
