"""How often one client may ask: a bucket of turns each, refilled as time passes."""

import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["RequestRate"]

_MOST_CLIENTS = 10_000


class RequestRate:
    """Allows each client `rate` requests a second, and twice as many at once; 0 allows everything.

    The clients that have asked least recently are forgotten when there are many: memory is bounded.
    """

    def __init__(self, rate: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, client: str) -> bool:
        """Take one turn of the client's, if it has one left."""
        if self._rate <= 0:
            return True
        now, most = self._monotonic(), self._rate * 2
        turns, since = self._buckets.pop(client, (most, now))
        turns = min(most, turns + (now - since) * self._rate)
        is_allowed = turns >= 1
        self._buckets[client] = (turns - 1 if is_allowed else turns, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return is_allowed
