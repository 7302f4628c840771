"""How long an extension has kept us, by what it was doing."""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from types import SimpleNamespace
from typing import Any

from provisioning.dispatch.implementation import implementations_of

__all__ = ["Phase", "Times", "timed_plugin"]


class Phase(StrEnum):
    """What time is spent on."""

    MANIFEST = "manifest"
    """Its manifest is read and checked."""
    IMPORT = "import"
    """Its code is imported."""
    MAKING = "making"
    """Its plugin, or the object of a provider instance, is made."""
    ACTIVATION = "activation"
    """It gets ready."""
    HOOKS = "hooks"
    """Its hooks are called: what it brings, observes, guards and wraps."""
    DEACTIVATION = "deactivation"
    """It gives back what it took."""


class Times:
    """The seconds that one extension has taken, by phase; safe to use from any thread, where calls add up.

    What is spent in another extension meanwhile (a kind calls a provider, a wrapper what it stands around) is that
    one's alone. What a listing takes while it is being read is nobody's.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._spent: dict[Phase, float] = {}
        self._lock = threading.Lock()

    @property
    def spent(self) -> Mapping[Phase, float]:
        """What was spent on each phase that there was, in the order of `Phase`."""
        with self._lock:
            return {phase: self._spent[phase] for phase in Phase if phase in self._spent}

    @contextmanager
    def during(self, phase: Phase) -> Iterator[None]:
        """Count the time in the block."""
        outer, _INNER.seconds = getattr(_INNER, "seconds", 0.0), 0.0
        begun = self._clock()
        try:
            yield
        finally:
            elapsed = self._clock() - begun
            own, _INNER.seconds = elapsed - _INNER.seconds, outer + elapsed
            with self._lock:
                self._spent[phase] = self._spent.get(phase, 0.0) + own


_INNER = threading.local()  # `seconds`: what was counted in this thread within the block that is being counted


def timed_plugin(plugin: object, times: Times) -> object:
    """Return a stand-in for a plugin that has been checked, of which every hook call is counted."""
    hooks = [item for item in implementations_of(plugin, {}) if item.function is not None]
    return SimpleNamespace(
        **{item.attribute: _timed(getattr(plugin, item.attribute), times, item.is_wrapper) for item in hooks}
    )


def _timed(hook: Callable[..., Any], times: Times, is_wrapper: bool) -> Callable[..., Any]:
    @wraps(hook)
    def call(*arguments: Any) -> Any:
        with times.during(Phase.HOOKS):
            return hook(*arguments)

    @wraps(hook)
    def wrap(*arguments: Any) -> Generator[Any, Any, Any]:
        with times.during(Phase.HOOKS):
            return (yield from hook(*arguments))

    return wrap if is_wrapper else call
