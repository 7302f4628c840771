"""Where a walk over a graph stands: what is ready, what is under way, what is done and what can never be.

    waiting --all it needs is done--> ready --take--> taken --done--> done
                                        ^---put_back----'
    anything but done --block, of itself or of something it needs--> blocked

Each node and each edge is looked at once over the whole walk (Kahn's algorithm, kept between steps).
"""

from array import array
from collections import deque
from collections.abc import Iterable
from typing import Final

from provisioning.graph.graph import Graph

__all__ = ["Frontier"]

_WAITING: Final = 0
_READY: Final = 1
_TAKEN: Final = 2
_DONE: Final = 3
_BLOCKED: Final = 4
_WORDS: Final = ("waiting", "ready", "taken", "done", "blocked")


class Frontier:
    """Hands out nodes whose needs are done, in the order in which they became ready; the first ones in node order."""

    __slots__ = ("_graph", "_missing", "_ready", "_ready_count", "_remaining", "_states")

    def __init__(self, graph: Graph, done: Iterable[str] = ()) -> None:
        """Begin a walk in which the nodes of `done` are done already, whatever they need."""
        self._graph = graph
        self._missing = graph.need_counts()
        self._states = bytearray(len(graph))
        self._remaining = len(graph)
        for node in done:
            self._begin_as_done(graph.number_of(node))
        ready = (number for number, count in enumerate(self._missing) if not count and not self._states[number])
        self._ready = deque(array("i", ready))
        self._ready_count = len(self._ready)
        for number in self._ready:
            self._states[number] = _READY

    def _begin_as_done(self, number: int) -> None:
        if self._states[number] != _DONE:
            self._states[number] = _DONE
            self._remaining -= 1
            for dependent in self._graph.needed_by.of(number):
                self._missing[dependent] -= 1

    @property
    def has_ready(self) -> bool:
        """Whether `take` would return something."""
        return self._ready_count > 0

    @property
    def remaining(self) -> int:
        """How many nodes are neither done nor blocked; those that were taken count."""
        return self._remaining

    def take(self, limit: int) -> list[str]:
        """Return up to `limit` ready nodes, those first that have been ready longest; they are the caller's now."""
        taken: list[str] = []
        while self._ready_count and len(taken) < limit:
            number = self._ready.popleft()
            if self._states[number] == _READY:
                self._states[number] = _TAKEN
                self._ready_count -= 1
                taken.append(self._graph.nodes[number])
        return taken

    def put_back(self, node: str) -> None:
        """Make a taken node ready again, behind all that is ready now."""
        number = self._graph.number_of(node)
        self._check(number, _TAKEN)
        self._make_ready(number)

    def done(self, node: str) -> list[str]:
        """Note that a taken or ready node is done; return the nodes that this made ready, in node order."""
        number = self._graph.number_of(node)
        self._check(number, _TAKEN, _READY)
        self._leave(number, _DONE)
        freed = []
        for dependent in self._graph.needed_by.of(number):
            self._missing[dependent] -= 1
            if not self._missing[dependent] and self._states[dependent] == _WAITING:
                self._make_ready(dependent)
                freed.append(self._graph.nodes[dependent])
        return freed

    def block(self, node: str) -> list[str]:
        """Note that a node will never be done; return its descendants that can never run now, nearest first.

        A descendant is returned once, by the first call that dooms it. Blocking a blocked node again returns [].
        """
        number = self._graph.number_of(node)
        if self._states[number] == _BLOCKED:
            return []
        self._check(number, _WAITING, _READY, _TAKEN)
        self._leave(number, _BLOCKED)
        doomed = [number]
        for blocked in doomed:
            for dependent in self._graph.needed_by.of(blocked):
                if self._states[dependent] == _WAITING:
                    self._leave(dependent, _BLOCKED)
                    doomed.append(dependent)
        return [self._graph.nodes[descendant] for descendant in doomed[1:]]

    def _make_ready(self, number: int) -> None:
        self._states[number] = _READY
        self._ready.append(number)
        self._ready_count += 1

    def _leave(self, number: int, state: int) -> None:
        """Let a node end; a ready one stays in the queue, and `take` passes over it."""
        if self._states[number] == _READY:
            self._ready_count -= 1
        self._states[number] = state
        self._remaining -= 1

    def _check(self, number: int, *states: int) -> None:
        state = self._states[number]
        if state not in states:
            legal = " or ".join(_WORDS[one] for one in states)
            raise ValueError(f"node {self._graph.nodes[number]!r} is {_WORDS[state]}, not {legal}")
