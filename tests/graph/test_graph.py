"""A graph answers who needs whom, in which order, and where it goes round in a circle."""

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.graph import Graph

NAMES = [f"n{number}" for number in range(8)]
EDGES = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=3))


@st.composite
def acyclic(draw: st.DrawFn) -> tuple[list[str], dict[str, list[str]]]:
    """Draw nodes in any order and edges that cannot make a circle."""
    ranks = {name: rank for rank, name in enumerate(draw(st.permutations(NAMES)))}
    edges = draw(EDGES)
    return list(NAMES), {name: [one for one in needs if ranks[one] < ranks[name]] for name, needs in edges.items()}


def has_cycle(edges: dict[str, set[str]]) -> bool:
    """Ask the standard library."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError:
        return True
    return False


class TestGraph:
    """What a graph says of its nodes."""

    def test_neighbours_are_in_node_order(self) -> None:
        """Needs and dependents come in node order, each once, however the edges were written."""
        graph = Graph(["web", "db", "net"], {"web": ["net", "db", "net"], "db": {"net"}})

        assert graph.needs("web") == ["db", "net"]
        assert graph.dependents("net") == ["web", "db"]
        assert graph.needs("net") == []

    def test_descendants_go_all_the_way(self) -> None:
        """Descendants are everything above a node, through whatever path, once."""
        graph = Graph("abcde", {"b": "a", "c": "a", "d": "bc"})

        assert graph.descendants("a") == ["b", "c", "d"]
        assert graph.descendants("e") == []

    def test_order_breaks_ties_in_node_order(self) -> None:
        """Of the nodes that could come next, the one written first does."""
        assert Graph("dcab", {"b": "a", "d": "b"}).order() == ["c", "a", "b", "d"]

    def test_layers_stand_as_early_as_they_can(self) -> None:
        """A node stands in the first layer after all that it needs."""
        assert Graph("abcd", {"b": "a", "c": "ab"}).layers() == [["a", "d"], ["b"], ["c"]]

    def test_empty_graph_is_fine(self) -> None:
        """A graph without nodes has an order, no layers and no cycle."""
        graph = Graph([], {})

        assert (graph.order(), graph.layers(), graph.find_cycle(), len(graph)) == ([], [], None, 0)

    def test_a_cycle_through_a_node_is_a_shortest_one(self) -> None:
        """It begins and ends with the node; a node that only leads into a cycle is in none."""
        graph = Graph("abcde", {"a": "b", "b": "cd", "c": "a", "d": "b", "e": "a"})

        assert graph.cycle_through("a") == ["a", "b", "c", "a"]
        assert graph.cycle_through("b") == ["b", "d", "b"]
        assert graph.cycle_through("e") is None
        assert Graph("a", {"a": "a"}).cycle_through("a") == ["a", "a"]

    @given(EDGES)
    def test_a_node_is_in_a_cycle_when_it_needs_itself(self, edges: dict[str, set[str]]) -> None:
        """Each step of the way is an edge, and there is a way exactly where a node is its own descendant."""
        graph = Graph(NAMES, edges)
        for name in NAMES:
            cycle = graph.cycle_through(name)
            assert (cycle is not None) == (name in graph.descendants(name))
            if cycle is not None:
                assert (cycle[0], cycle[-1]) == (name, name)
                assert all(there in graph.needs(here) for here, there in pairwise(cycle))

    def test_knows_its_nodes(self) -> None:
        """The nodes are there to be looked at and looked up."""
        graph = Graph(["a", "b"], {})

        assert (graph.nodes, "a" in graph, "c" in graph) == (("a", "b"), True, False)

    def test_repeated_node_is_refused(self) -> None:
        """One name is one node."""
        with pytest.raises(ValueError) as caught:
            Graph(["a", "b", "a"], {})

        assert str(caught.value) == "node 'a' is there twice"

    @pytest.mark.parametrize(
        ("edges", "message"),
        [
            ({"a": ["x"]}, "node 'a' needs 'x', which is not in the graph"),
            ({"x": ["a"]}, "node 'x' has edges and is not in the graph"),
        ],
    )
    def test_unknown_node_is_refused(self, edges: dict[str, list[str]], message: str) -> None:
        """An edge has two ends in the graph, and the message names both."""
        with pytest.raises(ValueError) as caught:
            Graph(["a"], edges)

        assert message == str(caught.value)


class TestCycles:
    """What a graph says when it goes round in a circle."""

    def test_path_begins_and_ends_with_the_first_node(self) -> None:
        """The cycle is a path along what is needed, from its first node in node order back to it."""
        graph = Graph("xabcd", {"x": "c", "a": "b", "b": "c", "c": "a", "d": "a"})

        assert graph.find_cycle() == ["a", "b", "c", "a"]

    def test_node_that_needs_itself_is_a_cycle(self) -> None:
        """The shortest circle has one node."""
        assert Graph("a", {"a": "a"}).find_cycle() == ["a", "a"]

    def test_order_and_layers_refuse(self) -> None:
        """What has no answer raises the standard library's error, with the path."""
        graph = Graph("ab", {"a": "b", "b": "a"})

        for ask in (graph.order, graph.layers):
            with pytest.raises(CycleError) as caught:
                ask()
            assert caught.value.args == ("nodes are in a cycle", ["a", "b", "a"])

    @given(EDGES)
    def test_found_exactly_when_there_is_one(self, edges: dict[str, set[str]]) -> None:
        """A cycle is found if and only if there is one, and it is made of edges."""
        cycle = Graph(NAMES, edges).find_cycle()

        assert has_cycle(edges) == (cycle is not None)
        if cycle is not None:
            assert all(needed in edges[node] for node, needed in pairwise(cycle))
            assert cycle[0] == cycle[-1]
            assert len(cycle) - 1 == len(set(cycle))


@given(acyclic())
def test_order_respects_every_edge(drawn: tuple[list[str], dict[str, list[str]]]) -> None:
    """Every node is in the order once, after all that it needs."""
    nodes, edges = drawn
    graph = Graph(nodes, edges)
    place = {name: index for index, name in enumerate(graph.order())}

    assert sorted(nodes) == sorted(place)
    assert all(place[needed] < place[name] for name, needs in edges.items() for needed in needs)


@given(acyclic())
def test_layers_are_depths(drawn: tuple[list[str], dict[str, list[str]]]) -> None:
    """A node's layer is one more than the highest layer of what it needs."""
    nodes, edges = drawn
    graph = Graph(nodes, edges)
    depth = {name: number for number, layer in enumerate(graph.layers()) for name in layer}

    assert sorted(nodes) == sorted(depth)
    assert all(depth[name] == max((depth[one] + 1 for one in graph.needs(name)), default=0) for name in nodes)


@given(EDGES)
def test_edges_look_the_same_from_both_ends(edges: dict[str, set[str]]) -> None:
    """`dependents` is `needs`, turned round."""
    graph = Graph(NAMES, edges)

    forwards = {(name, needed) for name in NAMES for needed in graph.needs(name)}
    backwards = {(name, needed) for needed in NAMES for name in graph.dependents(needed)}
    assert forwards == backwards == {(name, needed) for name, needs in edges.items() for needed in needs}
