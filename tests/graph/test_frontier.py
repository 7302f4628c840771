"""A frontier hands out what is ready, once, and never before its time."""

import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.graph import Frontier, Graph


def diamond() -> Graph:
    """Return a <- b, a <- c, both <- d."""
    return Graph("abcd", {"b": "a", "c": "a", "d": "bc"})


class TestFrontier:
    """One walk over a small graph."""

    def test_begins_in_node_order(self) -> None:
        """What needs nothing is ready at once, in node order, as much as is asked for."""
        frontier = Frontier(Graph("cab", {}))

        assert (frontier.take(2), frontier.take(2), frontier.take(2)) == (["c", "a"], ["b"], [])

    def test_done_frees_dependents(self) -> None:
        """A node is ready when the last thing it needs is done, behind what was ready before."""
        frontier = Frontier(diamond())
        frontier.take(1)

        assert (frontier.done("a"), frontier.take(9)) == (["b", "c"], ["b", "c"])
        assert (frontier.done("c"), frontier.done("b")) == ([], ["d"])
        assert frontier.has_ready

    def test_counts_what_remains(self) -> None:
        """What is neither done nor blocked remains, whether somebody holds it or not."""
        frontier = Frontier(diamond())
        frontier.take(1)
        assert (frontier.remaining, frontier.has_ready) == (4, False)

        frontier.done("a")
        assert (frontier.remaining, frontier.has_ready) == (3, True)

    def test_goes_on_from_what_is_done(self) -> None:
        """A walk can begin in the middle, with some nodes done."""
        frontier = Frontier(diamond(), done=["a", "c", "a"])

        assert (frontier.remaining, frontier.take(9), frontier.done("b")) == (2, ["b"], ["d"])

    def test_done_at_first_counts_whatever_it_needs(self) -> None:
        """What a walk begins with as done is never handed out, even if what it needs is not done."""
        frontier = Frontier(Graph("ab", {"b": "a"}), done=["b"])

        assert (frontier.take(9), frontier.done("a")) == (["a"], [])

    def test_put_back_goes_to_the_end(self) -> None:
        """What is put back is handed out again, after what waited longer."""
        frontier = Frontier(Graph("abc", {}))
        frontier.take(1)
        frontier.put_back("a")

        assert frontier.take(9) == ["b", "c", "a"]

    def test_ready_node_can_be_done_untaken(self) -> None:
        """What turns out to be done already need not be taken first."""
        frontier = Frontier(diamond())

        assert (frontier.done("a"), frontier.take(9)) == (["b", "c"], ["b", "c"])

    def test_block_dooms_descendants_once(self) -> None:
        """Everything above a blocked node can never run; each such node is told of once."""
        frontier = Frontier(diamond())
        frontier.take(1)
        frontier.done("a")

        assert (frontier.block("b"), frontier.block("c"), frontier.block("c")) == (["d"], [], [])
        assert (frontier.remaining, frontier.has_ready, frontier.take(9)) == (0, False, [])

    def test_block_leaves_other_branches(self) -> None:
        """A branch that does not need the blocked node goes on."""
        frontier = Frontier(Graph("abcd", {"b": "a", "d": "c"}))

        assert frontier.block("a") == ["b"]
        assert (frontier.take(9), frontier.done("c")) == (["c"], ["d"])

    @pytest.mark.parametrize(
        ("move", "message"),
        [
            (lambda frontier: frontier.done("b"), "node 'b' is waiting, not taken or ready"),
            (lambda frontier: frontier.put_back("a"), "node 'a' is ready, not taken"),
            (lambda frontier: [frontier.done("a"), frontier.done("a")], "node 'a' is done, not taken or ready"),
            (
                lambda frontier: [frontier.done("a"), frontier.block("a")],
                "node 'a' is done, not waiting or ready or taken",
            ),
            (lambda frontier: [frontier.block("a"), frontier.done("d")], "node 'd' is blocked, not taken or ready"),
        ],
    )
    def test_illegal_moves_are_refused(self, move: Callable[[Frontier], object], message: str) -> None:
        """A node moves only along the table of states, and the message says where it stands."""
        with pytest.raises(ValueError) as caught:
            move(Frontier(diamond()))

        assert message == str(caught.value)


@given(st.data(), st.lists(st.sets(st.integers(0, 11), max_size=3), min_size=1, max_size=12))
def test_walk_keeps_its_promises(data: st.DataObject, rows: list[set[int]]) -> None:
    """Whatever happens on a walk: nothing is offered before its needs or twice, and all ends done or blocked."""
    names = [f"n{number}" for number in range(len(rows))]
    edges = {names[number]: [names[one] for one in row if one < number] for number, row in enumerate(rows)}
    graph, held = Graph(names, edges), list[str]()
    frontier, done, blocked = Frontier(graph), set[str](), set[str]()
    while frontier.has_ready or held:
        taken = frontier.take(data.draw(st.integers(0 if held else 1, 4)))
        assert all(done.issuperset(edges[name]) for name in taken)
        assert not (done | blocked | set(held)).intersection(taken)
        held.extend(taken)
        name = held.pop(data.draw(st.integers(0, len(held) - 1)))
        match data.draw(st.sampled_from(["done", "done", "block", "put back"])):
            case "done":
                done.add(name)
                assert all(done.issuperset(edges[freed]) for freed in frontier.done(name))
            case "block":
                doomed = frontier.block(name)
                assert blocked.isdisjoint(doomed)
                assert set(graph.descendants(name)) <= blocked | set(doomed)
                blocked.update(doomed, [name])
            case _:
                frontier.put_back(name)
        assert len(names) - len(done) - len(blocked) == frontier.remaining
    assert set(names) == done | blocked
    assert done.isdisjoint(blocked)


def test_large_graph_stays_small() -> None:
    """A graph and a walk over it take less than 400 bytes a node, with two edges each."""
    count = 20_000
    names = [f"operation-{number}" for number in range(count)]
    edges = {names[number]: (names[number // 2], names[number - 1]) for number in range(2, count)}
    tracemalloc.start()
    try:
        frontier = Frontier(Graph(names, edges))
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert count == frontier.remaining
    assert size < 400 * count
