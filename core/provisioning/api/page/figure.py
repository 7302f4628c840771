"""The graph of a run as a figure: boxes and lines with their places, ready for a template to draw as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from provisioning.app import Plan
from provisioning.graph import lay_out

__all__ = ["Box", "Figure", "draw_figure"]

MOST_NODES = 2000
"""Of a larger graph no figure is drawn: nobody could read it, and a browser would be slow."""

MOST_LINES = 6000
BOX_WIDTH, BOX_HEIGHT = 168, 44
_GAP_X, _GAP_Y, _MARGIN = 20, 44, 12


@dataclass(frozen=True, slots=True)
class Box:
    """One operation; `x` and `y` are of its corner, in the figure's own units."""

    operation_id: str
    title: str
    kind: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Figure:
    """Boxes, and lines as the paths of SVG; `left_out` is how many lines are too many to be drawn."""

    boxes: Sequence[Box]
    lines: Sequence[str]
    width: float
    height: float
    left_out: int = 0


def draw_figure(plan: Plan) -> Figure | None:
    """Return the figure of a plan; None when it has more than `MOST_NODES` operations."""
    if len(plan.nodes) > MOST_NODES:
        return None
    layout = lay_out(plan.graph, widest=6 if len(plan.nodes) <= 60 else 12)
    corners = {
        name: (_MARGIN + column * (BOX_WIDTH + _GAP_X), _MARGIN + row * (BOX_HEIGHT + _GAP_Y))
        for name, (column, row) in layout.places.items()
    }
    boxes = [
        Box(
            name, _short(name), _short(node.definition.kind, 26), round(corners[name][0], 1), round(corners[name][1], 1)
        )
        for name, node in plan.nodes.items()
    ]
    edges = [(needed, name) for name in plan.nodes for needed in plan.graph.needs(name)]
    lines = [_line(corners[source], corners[target]) for source, target in edges[:MOST_LINES]]
    width = 2 * _MARGIN + layout.width * (BOX_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + layout.height * (BOX_HEIGHT + _GAP_Y) - _GAP_Y
    return Figure(boxes, lines, round(width, 1), height, max(0, len(edges) - MOST_LINES))


def _line(source: tuple[float, float], target: tuple[float, float]) -> str:
    """Return the path of a line that leaves a box at its foot and comes to another one at its head."""
    x1, y1 = source[0] + BOX_WIDTH / 2, source[1] + BOX_HEIGHT
    x2, y2 = target[0] + BOX_WIDTH / 2, target[1] - 3
    bend = (y2 - y1) / 2
    return f"M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"


def _short(text: str, most: int = 22) -> str:
    """Return a name that fits into a box: its end says more than its middle."""
    return text if len(text) <= most else f"{text[: most - 9]}\N{HORIZONTAL ELLIPSIS}{text[-8:]}"
