"""A cache whose entries are good for a fixed time, each loaded by one thread however many ask for it."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["TtlCache"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TtlCache(Generic[K, V]):
    """Keeps at most `max_entries` values for `ttl_seconds` each; safe to use from any thread.

    `clock` returns seconds that never go back. While one thread loads a key, others that ask for it wait and get what
    it gets: its value, or the error that it met. An error is never kept: who asks afterwards loads again. With a time
    of 0 nothing is kept, and a load is still shared by those who wait for it. The idea of the shared load is Go's
    `singleflight`.
    """

    def __init__(self, ttl_seconds: float, max_entries: int = 128, clock: Callable[[], float] = time.monotonic) -> None:
        if ttl_seconds < 0:
            raise ValueError(f"a cache keeps its entries for 0 seconds or more, not {ttl_seconds}")
        if max_entries < 1:
            raise ValueError(f"a cache holds 1 entry or more, not {max_entries}")
        self._ttl = ttl_seconds
        self._most = max_entries
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[K, tuple[float, V]] = {}  # in the order of loading, which is the order of their ends
        self._loads: dict[K, _Load[V]] = {}

    def __len__(self) -> int:
        """Return how many entries are held, those that nobody has asked for since their end too."""
        return len(self._kept)

    def get_or_load(self, key: K, loader: Callable[[], V]) -> V:
        """Return the value of `key`, calling `loader` when there is none that is good.

        Raises whatever the loader raises, and `RuntimeError` when a loader asks for the key that it is loading.
        """
        while True:
            with self._lock:
                kept = self._kept.get(key)
                if kept is not None and self._clock() < kept[0]:
                    return kept[1]
                load = self._loads.get(key)
                if load is None:
                    mine = self._loads[key] = _Load()
                    break
            if load.thread == threading.get_ident():
                raise RuntimeError(f"the loader of {key!r} asks for {key!r} itself")
            load.ended.wait()
            if load.is_answered:
                return load.answer()
        return self._load(key, loader, mine)

    def _load(self, key: K, loader: Callable[[], V], load: "_Load[V]") -> V:
        try:
            value = loader()
        except Exception as error:
            load.fail(error)
            raise
        else:
            load.succeed(value)
            return value
        finally:
            with self._lock:
                del self._loads[key]
                if load.value is not None:
                    self._keep(key, load.value[0])
            load.ended.set()

    def _keep(self, key: K, value: V) -> None:
        now = self._clock()
        self._kept.pop(key, None)
        while self._kept:
            oldest = next(iter(self._kept))
            if len(self._kept) < self._most and self._kept[oldest][0] > now:
                break
            del self._kept[oldest]
        if self._ttl > 0:
            self._kept[key] = (now + self._ttl, value)


class _Load(Generic[V]):
    """One call of a loader, and what those who wait for it get; no answer when its thread was interrupted."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.ended = threading.Event()
        self.value: tuple[V] | None = None
        self.error: Exception | None = None

    def succeed(self, value: V) -> None:
        self.value = (value,)

    def fail(self, error: Exception) -> None:
        self.error = error

    @property
    def is_answered(self) -> bool:
        return self.value is not None or self.error is not None

    def answer(self) -> V:
        if self.error is not None:
            raise self.error
        assert self.value is not None  # noqa: S101 - answered, and with no error
        return self.value[0]
