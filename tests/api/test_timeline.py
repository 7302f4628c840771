"""The timeline of a run: who ran when, and how parallel it was."""

from hypothesis import given
from hypothesis import strategies as st

from provisioning.api.page.timeline import WIDTH, Timeline, draw_timeline
from provisioning.contract import OperationRecord, OperationState

TIMES = st.tuples(st.floats(0, 1000), st.none() | st.floats(0, 1000))


def drawn(times: list[tuple[float, float | None]], now: float = 2000.0) -> Timeline:
    """Draw operations that began and ended then (seconds, relative to the beginning)."""
    records = [
        OperationRecord(
            f"op-{number}",
            "command",
            OperationState.SUCCEEDED,
            number,
            started_at=begin,
            ended_at=None if length is None else begin + length,
        )
        for number, (begin, length) in enumerate(times)
    ]
    return draw_timeline(records, now)


@given(st.lists(TIMES, max_size=80))
def test_every_operation_has_one_bar_within_the_whole(times: list[tuple[float, float | None]]) -> None:
    """Whatever their number."""
    bars = [bar for row in drawn(times).rows for bar in row]
    assert sorted(bar.operation_id for bar in bars) == sorted(f"op-{number}" for number in range(len(times)))
    assert all(0 <= bar.begin <= WIDTH and 0 < bar.width <= WIDTH for bar in bars)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=80))
def test_it_says_how_many_ran_at_once(times: list[tuple[int, int]]) -> None:
    """At most: counted at every beginning."""
    most = max(sum(begin <= moment < begin + length for begin, length in times) for moment, _ in times)
    assert drawn([(float(begin), float(length)) for begin, length in times]).parallel == most


def test_few_operations_have_a_row_each() -> None:
    """In the order in which they began, with their names."""
    timeline = drawn([(5.0, 5.0), (0.0, 10.0)])
    assert [(row[0].operation_id, row[0].begin, row[0].width) for row in timeline.rows] == [
        ("op-1", 0.0, 1000.0),
        ("op-0", 500.0, 500.0),
    ]
    assert (timeline.span, timeline.parallel, timeline.is_named) == (10.0, 2, True)


def test_many_share_rows() -> None:
    """As few as there were operations at once."""
    timeline = drawn([(float(number), 1.0) for number in range(100)])
    assert (len(timeline.rows), len(timeline.rows[0]), timeline.is_named) == (1, 100, False)


def test_what_goes_on_lasts_until_now() -> None:
    """Its bar grows with each look."""
    timeline = drawn([(0.0, None)], now=30.0)
    assert (timeline.rows[0][0].duration, timeline.span) == (30.0, 30.0)


def test_nothing_has_begun() -> None:
    """There are no rows."""
    assert drawn([]).rows == ()
