"""Lists of neighbours in two arrays of numbers (compressed sparse rows): four bytes an edge, no objects."""

from array import array
from collections.abc import Iterable, Sequence

__all__ = ["Adjacency"]


class Adjacency:
    """The neighbours of each of the nodes 0, 1, 2, ..., in rising order."""

    __slots__ = ("_ends", "_neighbours")

    def __init__(self, rows: Iterable[Iterable[int]]) -> None:
        self._neighbours = array("i")
        self._ends = array("i", [0])
        for row in rows:
            self._neighbours.extend(row)
            self._ends.append(len(self._neighbours))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def of(self, node: int) -> Sequence[int]:
        """Return the neighbours of one node."""
        return self._neighbours[self._ends[node] : self._ends[node + 1]]

    def counts(self) -> "array[int]":
        """Return how many neighbours each node has; the caller may change the array."""
        ends = self._ends
        return array("i", (ends[node + 1] - ends[node] for node in range(len(self))))

    def reversed(self) -> "Adjacency":
        """Return the same edges, seen from their other ends."""
        starts = self._starts_of_targets()
        sources = array("i", bytes(4 * len(self._neighbours)))
        ends, places = array("i", starts), starts
        for node in range(len(self)):
            for neighbour in self.of(node):
                sources[places[neighbour]] = node
                places[neighbour] += 1
        turned = Adjacency(())
        turned._neighbours, turned._ends = sources, ends
        return turned

    def _starts_of_targets(self) -> "array[int]":
        """Return where the edges into each node begin when they are sorted by their targets."""
        starts = array("i", bytes(4 * len(self._ends)))
        for neighbour in self._neighbours:
            starts[neighbour + 1] += 1
        for node in range(len(self)):
            starts[node + 1] += starts[node]
        return starts
