"""A pace never gives more turns than its rate, and none while it is paused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.ratelimit import Pace


class Clock:
    """Seconds, as a test says."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_turns_are_evenly_spaced() -> None:
    """The first one is now; each further one comes a spacing after the one before."""
    pace = Pace(4, Clock())
    assert [pace.take() for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]
    assert pace.opens_in() == 1.0


def test_time_that_passes_unused_is_not_saved_up() -> None:
    """After a rest there is one turn at once, not a burst."""
    clock = Clock()
    pace = Pace(4, clock)
    clock.now += 60
    assert [pace.take(), pace.take()] == [0.0, 0.25]


def test_without_a_rate_every_turn_is_now() -> None:
    """Only a pause holds anything up."""
    clock = Clock()
    pace = Pace(None, clock)
    assert [pace.take() for _ in range(3)] == [0.0, 0.0, 0.0]
    pace.pause(5)
    assert [pace.take(), pace.opens_in()] == [5.0, 5.0]
    clock.now += 5
    assert [pace.take(), pace.opens_in()] == [0.0, 0.0]


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    """Whoever asked for the most time gets it."""
    pace = Pace(None, Clock())
    pace.pause(5)
    pace.pause(1)
    assert pace.opens_in() == 5.0


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_that_makes_no_sense_is_refused(rate: float) -> None:
    """Nothing could ever go out at it."""
    with pytest.raises(ValueError, match=f"^per_second must be above 0, not {rate!r}$"):
        Pace(rate, Clock())


@given(
    rate=st.floats(0.1, 1000),
    steps=st.lists(st.one_of(st.floats(0, 3), st.just("take"), st.floats(0, 3).map(lambda s: ("pause", s)))),
)
def test_no_second_holds_more_turns_than_the_rate(rate: float, steps: list[object]) -> None:
    """Whatever is asked of it and whenever: two turns are a spacing apart, and none lies in a pause."""
    clock = Clock()
    pace, turns, resumes = Pace(rate, clock), [], 0.0
    for step in steps:
        if step == "take":
            turns.append(clock.now + pace.take())
            assert turns[-1] >= resumes
        elif isinstance(step, tuple):
            pace.pause(step[1])
            resumes = max(resumes, clock.now + step[1])
        else:
            assert isinstance(step, float)
            clock.now += step
    assert all(later - earlier >= 1 / rate - 1e-6 for earlier, later in pairwise(turns))
