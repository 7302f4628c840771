"""How much may be under way at once: over the run, and at each provider instance."""

from collections import deque
from collections.abc import Callable, Iterator

__all__ = ["Limits"]


class Limits:
    """Counts what is under way, and lets operations wait in line for their provider without holding up others.

    `provider_limit` gives an instance's own limit, None for none.
    """

    def __init__(self, parallelism: int, provider_limit: Callable[[str], int | None]) -> None:
        self._parallelism = parallelism
        self._provider_limit = provider_limit
        self._running = 0
        self._at: dict[str, int] = {}
        self._lines: dict[str, deque[str]] = {}

    @property
    def free(self) -> int:
        """How many more operations may start, as far as the run is concerned."""
        return self._parallelism - self._running

    @property
    def in_line(self) -> int:
        """How many operations wait for their provider."""
        return sum(len(line) for line in self._lines.values())

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

    def next_in_line(self) -> Iterator[str]:
        """Yield operations that waited for their provider and may start now; each is counted when it is yielded."""
        for provider, line in self._lines.items():
            while line and self.free > 0 and self.has_room(provider):
                self.hold(provider)
                yield line.popleft()

    def has_room(self, provider: str) -> bool:
        """Whether one more operation may use this provider instance now."""
        limit = self._provider_limit(provider)
        return limit is None or self._at.get(provider, 0) < limit
