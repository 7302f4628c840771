"""A directed graph: who needs whom, and in which order that can be satisfied."""

from array import array
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import CycleError
from heapq import heappop, heappush

from provisioning.graph.adjacency import Adjacency

__all__ = ["Graph"]


class Graph:
    """Nodes by name, and for each the nodes that it needs; never changes once it is made.

    Names are numbered in the order of `nodes`, and "node order" is that order everywhere. A graph may have a cycle:
    `find_cycle` shows it, and what cannot be answered then (`order`, `layers`) raises `graphlib.CycleError`.
    """

    __slots__ = ("_index", "_names", "_needed_by", "_needs")

    def __init__(self, nodes: Sequence[str], edges: Mapping[str, Collection[str]]) -> None:
        """Take the nodes, and in `edges` what each node needs; one that needs nothing may be left out.

        Raises `ValueError` for a node that is there twice, and for an edge from or to a node that is not there.
        """
        self._names = tuple(nodes)
        self._index = {name: number for number, name in enumerate(self._names)}
        if len(self._index) != len(self._names):
            raise ValueError(f"node {_first_repeated(self._names)!r} is there twice")
        for name in edges:
            if name not in self._index:
                raise ValueError(f"node {name!r} has edges and is not in the graph")
        self._needs = Adjacency(self._row(name, edges.get(name, ())) for name in self._names)
        self._needed_by = self._needs.reversed()

    def _row(self, name: str, needs: Collection[str]) -> Iterable[int]:
        try:
            return sorted({self._index[needed] for needed in needs})
        except KeyError as error:
            raise ValueError(f"node {name!r} needs {error.args[0]!r}, which is not in the graph") from None

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    @property
    def nodes(self) -> Sequence[str]:
        """All names, in node order."""
        return self._names

    def needs(self, node: str) -> list[str]:
        """Return what `node` needs itself, in node order."""
        return self._named(self._needs.of(self._index[node]))

    def dependents(self, node: str) -> list[str]:
        """Return what needs `node` itself, in node order."""
        return self._named(self._needed_by.of(self._index[node]))

    def descendants(self, node: str) -> list[str]:
        """Return all that needs `node`, itself or through others, in node order; without `node`, unless in a cycle."""
        seen: set[int] = set()
        ahead = [self._index[node]]
        while ahead:
            fresh = [number for number in self._needed_by.of(ahead.pop()) if number not in seen]
            seen.update(fresh)
            ahead.extend(fresh)
        return self._named(sorted(seen))

    def order(self) -> list[str]:
        """Return all nodes, each after what it needs; of those that could come next, the first in node order does."""
        missing = self._needs.counts()
        ready = [number for number, count in enumerate(missing) if not count]
        order = array("i")
        while ready:
            number = heappop(ready)
            order.append(number)
            for dependent in self._needed_by.of(number):
                missing[dependent] -= 1
                if not missing[dependent]:
                    heappush(ready, dependent)
        self._check_complete(len(order))
        return self._named(order)

    def layers(self) -> list[list[str]]:
        """Return the nodes in layers, each as early as it can be; one needs only what is in layers before it."""
        missing = self._needs.counts()
        layer = [number for number, count in enumerate(missing) if not count]
        layers = []
        while layer:
            layers.append(self._named(layer))
            layer = sorted(self._freed_by(layer, missing))
        self._check_complete(sum(map(len, layers)))
        return layers

    def find_cycle(self) -> list[str] | None:
        """Return a cycle as its path, each node needing the next one and the last being the first again; None if none.

        The path begins with the node of the cycle that is first in node order.
        """
        missing = self._needs.counts()
        layer = [number for number, count in enumerate(missing) if not count]
        while layer:
            layer = list(self._freed_by(layer, missing))
        stuck = next((number for number, count in enumerate(missing) if count), None)
        return None if stuck is None else self._named(self._cycle_from(stuck, missing))

    def cycle_through(self, node: str) -> list[str] | None:
        """Return a shortest cycle through `node`, as a path that begins and ends with it; None when it is in none."""
        start = self._index[node]
        came_from: dict[int, int] = {}
        ahead = deque([start])
        while ahead and start not in came_from:
            number = ahead.popleft()
            fresh = [needed for needed in self._needs.of(number) if needed not in came_from]
            came_from.update(dict.fromkeys(fresh, number))
            ahead.extend(fresh)
        if start not in came_from:
            return None
        path = [start, came_from[start]]
        while path[-1] != start:
            path.append(came_from[path[-1]])
        return self._named(reversed(path))

    def _freed_by(self, layer: Iterable[int], missing: "array[int]") -> Iterable[int]:
        """Count down what the dependents of `layer` still miss; yield those that miss nothing any more."""
        for number in layer:
            for dependent in self._needed_by.of(number):
                missing[dependent] -= 1
                if not missing[dependent]:
                    yield dependent

    def _cycle_from(self, number: int, missing: "array[int]") -> list[int]:
        """Walk from a node that misses something to something missing, until the walk meets itself."""
        place: dict[int, int] = {}
        while number not in place:
            place[number] = len(place)
            number = next(needed for needed in self._needs.of(number) if missing[needed])
        cycle = list(place)[place[number] :]
        first = cycle.index(min(cycle))
        return [*cycle[first:], *cycle[: first + 1]]

    def _check_complete(self, count: int) -> None:
        if count != len(self._names):
            raise CycleError("nodes are in a cycle", self.find_cycle())

    def _named(self, numbers: Iterable[int]) -> list[str]:
        names = self._names
        return [names[number] for number in numbers]

    # What `Frontier` walks on: the same graph in numbers.

    def number_of(self, node: str) -> int:
        """Return the place of a node in node order; raises `KeyError`."""
        return self._index[node]

    @property
    def needed_by(self) -> Adjacency:
        """For each node's number, the numbers of those that need it."""
        return self._needed_by

    def need_counts(self) -> "array[int]":
        """Return how many nodes each node needs itself, by number; the caller may change the array."""
        return self._needs.counts()


def _first_repeated(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError("no name is there twice")
