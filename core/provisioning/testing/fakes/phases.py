"""The states that something passes through by itself, each from some moment on."""

from collections.abc import Callable

__all__ = ["Phases"]


class Phases:
    """What is known beforehand of a thing's states; `clock` says which of them is the present one."""

    def __init__(self, clock: Callable[[], float], state: str) -> None:
        self._clock = clock
        self._steps = [(clock(), state)]

    @property
    def state(self) -> str:
        """The present state."""
        now = self._clock()
        return [state for begin, state in self._steps if begin <= now][-1]

    @property
    def is_settled(self) -> bool:
        """Whether the present state is the last one."""
        return self._steps[-1][0] <= self._clock()

    def become(self, state: str, *then: tuple[float, str]) -> None:
        """Take a state now, and the states of `then`, each so many seconds after the one before."""
        begin = self._clock()
        self._steps = [(begin, state)]
        for seconds, following in then:
            begin += seconds
            self._steps.append((begin, following))
