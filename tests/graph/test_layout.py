"""A drawn graph: every node has its place, none stands on another, and lines lead down."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from provisioning.graph import Graph, lay_out

NAMES = [f"n{number}" for number in range(14)]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph without circles."""
    edges = {}
    for number, name in enumerate(NAMES):
        edges[name] = draw(st.sets(st.sampled_from(NAMES[:number]), max_size=3)) if number else set()
    return Graph(NAMES, edges)


@given(graphs(), st.integers(1, 14))
def test_no_node_stands_on_another(graph: Graph, widest: int) -> None:
    """Two of a row are one apart at least, and all are within the bounds."""
    layout = lay_out(graph, widest=widest)
    assert set(layout.places) == set(NAMES)
    for (column, row), (other, other_row) in combinations(layout.places.values(), 2):
        assert row != other_row or abs(column - other) >= 1 - 1e-9
    assert all(0 <= column <= layout.width - 1 + 1e-9 for column, _ in layout.places.values())
    assert all(0 <= row < layout.height for _, row in layout.places.values())


@given(graphs(), st.integers(1, 14))
def test_what_is_needed_stands_above(graph: Graph, widest: int) -> None:
    """So that every line leads down."""
    places = lay_out(graph, widest=widest).places
    assert all(places[needed][1] < places[name][1] for name in NAMES for needed in graph.needs(name))


@given(graphs(), st.integers(1, 5))
def test_no_row_is_wider_than_it_may_be(graph: Graph, widest: int) -> None:
    """A wide layer is folded into rows."""
    rows = [row for _, row in lay_out(graph, widest=widest).places.values()]
    assert max(map(rows.count, rows)) <= widest


def test_a_small_graph_is_drawn_as_a_person_would() -> None:
    """What needs one node stands below it, and the next one below their middle."""
    places = lay_out(Graph("abcd", {"b": "a", "c": "a", "d": "bc"})).places
    assert (places["b"][1], places["c"][1], places["d"][1]) == (1, 1, 2)
    assert places["a"][0] == places["d"][0] == (places["b"][0] + places["c"][0]) / 2


def test_lines_that_need_not_cross_do_not() -> None:
    """However the nodes were written."""
    places = lay_out(Graph(["a", "b", "y", "x"], {"x": "a", "y": "b"})).places
    assert (places["a"][0] < places["b"][0]) == (places["x"][0] < places["y"][0])


def test_an_empty_graph_has_no_size() -> None:
    """There is nothing to draw."""
    layout = lay_out(Graph([], {}))
    assert (dict(layout.places), layout.width, layout.height) == ({}, 0.0, 0)
