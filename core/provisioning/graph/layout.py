"""Where the nodes of a graph stand when it is drawn: in layers, top down, with few crossings, and never one on another.

The method is that of Sugiyama, Tagawa and Toda (1981) without its dummy nodes: layers by longest path, an order within
each by the barycentre of its neighbours, and places that come as near to the middle of what a node needs as the order
allows. A layer that is wider than the drawing may be is folded into rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from provisioning.graph.graph import Graph

__all__ = ["Layout", "lay_out"]

_SWEEPS = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of nodes: `columns` from the left and `rows` from the top, both from 0; `width` and `height` bound them.

    Columns are fractions: two nodes of one row are at least one apart.
    """

    places: Mapping[str, tuple[float, int]]
    width: float
    height: int


def lay_out(graph: Graph, *, widest: int = 12) -> Layout:
    """Return where each node stands, at most `widest` of them side by side; takes the same places each time.

    Raises `graphlib.CycleError`.
    """
    layers = _ordered(graph, graph.layers())
    places: dict[str, tuple[float, int]] = {}
    row = 0
    for layer in layers:
        if len(layer) <= widest:
            wanted = [_middle(graph.needs(node), places, place) for place, node in enumerate(layer)]
            for node, column in zip(layer, _spread(wanted), strict=True):
                places[node] = (column, row)
            row += 1
            continue
        for start in range(0, len(layer), widest):
            for column, node in enumerate(layer[start : start + widest]):
                places[node] = (float(column), row)
            row += 1
    left = min((column for column, _ in places.values()), default=0.0)
    shifted = {node: (column - left, at) for node, (column, at) in places.items()}
    return Layout(shifted, max((column + 1 for column, _ in shifted.values()), default=0.0), row)


def _ordered(graph: Graph, layers: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the layers with their nodes in an order in which few edges cross."""
    found = [list(layer) for layer in layers]
    position = {node: place / len(layer) for layer in found for place, node in enumerate(layer)}
    for sweep in range(_SWEEPS):
        is_down = sweep % 2 == 0
        for layer in found if is_down else reversed(found):
            centres = {}
            for node in layer:
                near = graph.needs(node) if is_down else graph.dependents(node)
                centres[node] = fmean(position[one] for one in near) if near else position[node]
            layer.sort(key=lambda node: centres[node])
            position.update((node, place / len(layer)) for place, node in enumerate(layer))
    return found


def _middle(needs: Sequence[str], places: Mapping[str, tuple[float, int]], otherwise: float) -> float:
    return fmean(places[node][0] for node in needs) if needs else float(otherwise)


def _spread(wanted: Sequence[float]) -> list[float]:
    """Return the columns nearest to the wanted ones, in their order and one apart at least.

    Least squares under an order is isotonic regression, done by pooling neighbours that would violate it.
    """
    pools: list[tuple[float, int]] = []  # the sum and the count of a stretch of equal values
    for place, column in enumerate(wanted):
        total, count = column - place, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            before, number = pools.pop()
            total, count = total + before, count + number
        pools.append((total, count))
    levels = [total / count for total, count in pools for _ in range(count)]
    return [level + place for place, level in enumerate(levels)]
