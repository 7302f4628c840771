"""How much may be under way at once: over the run, and at each provider instance, in number and in time."""

from collections import deque
from collections.abc import Callable, Iterator

from provisioning.contract import ProviderLimits
from provisioning.ratelimit import Pace
from provisioning.workflow.ports import Providers

__all__ = ["NEVER", "Limits"]

NEVER = float("inf")
"""When what is closed opens, where nothing is."""


class Limits:
    """Counts what is under way, and lets operations wait in line for their provider without holding up others.

    An instance that has a rate, or that asked for a pause, is closed in between: what is new waits in line, and what
    is under way there steps aside until its turn, so that others have its place.
    """

    def __init__(self, parallelism: int, providers: Providers, clock: Callable[[], float]) -> None:
        self._parallelism = parallelism
        self._providers = providers
        self._clock = clock
        self._running = 0
        self._at: dict[str, int] = {}
        self._lines: dict[str, deque[str]] = {}
        self._paces: dict[str, Pace] = {}
        self.opens_in = NEVER

    @property
    def free(self) -> int:
        """How many more operations may start, as far as the run is concerned."""
        return self._parallelism - self._running

    @property
    def in_line(self) -> int:
        """How many operations wait for their provider."""
        return sum(len(line) for line in self._lines.values())

    def begin_turn(self) -> None:
        """Forget when what is closed opens: `opens_in`, in seconds, is of what was turned away since then."""
        self.opens_in = NEVER

    def enter(self, operation_id: str, provider: str | None) -> bool:
        """Let an operation start, or put it in its provider's line and return False."""
        if provider is not None and not self.has_room(provider):
            self._lines.setdefault(provider, deque()).append(operation_id)
            return False
        self.hold(provider)
        return True

    def hold(self, provider: str | None) -> None:
        """Count an operation that is under way already."""
        self._running += 1
        if provider is not None:
            self._at[provider] = self._at.get(provider, 0) + 1

    def leave(self, provider: str | None) -> None:
        """Give back what an operation held."""
        self._running -= 1
        if provider is not None:
            self._at[provider] -= 1

    def step_aside(self) -> None:
        """Give an operation's place in the run to others, while it waits for its provider's time."""
        self._running -= 1

    def step_back(self) -> None:
        """Take such a place again."""
        self._running += 1

    def next_in_line(self) -> Iterator[str]:
        """Yield operations that waited for their provider and may start now; each is counted when it is yielded."""
        for provider, line in self._lines.items():
            while line and self.free > 0 and self.has_room(provider):
                self.hold(provider)
                yield line.popleft()

    def has_room(self, provider: str) -> bool:
        """Whether one more operation may use this provider instance now."""
        limit = self._of(provider).max_parallel
        if limit is not None and self._at.get(provider, 0) >= limit:
            return False
        seconds = self._wait_for(provider)
        if seconds > 0:
            self.opens_in = min(self.opens_in, seconds)
        return seconds <= 0

    def take_turn(self, provider: str) -> float:
        """Take the next turn to call a provider instance; return how long it is away, in seconds."""
        return self._pace(provider).take()

    def _wait_for(self, provider: str) -> float:
        return max(self._pace(provider).opens_in(), self._providers.get(provider).opens_in())

    def _pace(self, provider: str) -> Pace:
        if provider not in self._paces:
            self._paces[provider] = Pace(self._of(provider).requests_per_second, self._clock)
        return self._paces[provider]

    def _of(self, provider: str) -> ProviderLimits:
        return self._providers.get(provider).limits
