"""A retry policy says how long to wait, and when to stop."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.retry import RetryPolicy

SECONDS = st.floats(0, allow_infinity=False, allow_nan=False)
POLICIES = st.builds(
    RetryPolicy,
    attempts=st.integers(1) | st.just(10**400),
    initial_delay=SECONDS,
    factor=st.floats(1, allow_infinity=False),
    max_delay=st.floats(0, 1e9),
    jitter=st.floats(0, 1),
)
RANDOM = st.floats(0, 1, exclude_max=True)


def middle() -> float:
    """Be the most ordinary of random numbers."""
    return 0.5


def test_delays_grow_to_their_bound() -> None:
    """Each delay is `factor` times the one before until `max_delay`, and the last attempt has none after it."""
    policy = RetryPolicy(attempts=6, initial_delay=1, factor=3, max_delay=20)

    assert [policy.delay(attempt, middle) for attempt in range(1, 7)] == [1, 3, 9, 20, 20, None]


def test_jitter_goes_both_ways() -> None:
    """A delay is spread by up to `jitter` of itself, down and up."""
    policy = RetryPolicy(initial_delay=10, jitter=0.5)

    assert (policy.delay(1, lambda: 0.0), policy.delay(1, middle)) == (5.0, 10.0)
    assert pytest.approx(policy.delay(1, lambda: 1 - 2**-53)) == 15.0


def test_asked_delay_is_a_floor() -> None:
    """Who asks us to wait longer is heeded, beyond `max_delay` too; who asks for less changes nothing."""
    policy = RetryPolicy(max_delay=10)

    assert (policy.delay(1, middle, 300), policy.delay(1, middle, 0.1)) == (300, 1.0)


def test_first_delay_may_be_above_the_bound() -> None:
    """The bound holds for the first delay as well, so that one of the two can be set alone."""
    assert RetryPolicy(initial_delay=90).delay(1, middle) == 60.0


def test_one_attempt_is_never_repeated() -> None:
    """A policy of one attempt gives no delay, whatever is asked."""
    assert RetryPolicy(attempts=1).delay(1, middle, retry_after=5) is None


def test_every_wrong_value_is_told() -> None:
    """All that is wrong is said at once, with what would be right."""
    with pytest.raises(ValueError) as caught:
        RetryPolicy(attempts=0, initial_delay=-1, factor=0.5, max_delay=math.inf, jitter=math.nan)

    assert str(caught.value) == (
        "attempts must be a whole number from 1 up, not 0; initial_delay must be 0 or more seconds, not -1; "
        "factor must be 1 or more, not 0.5; max_delay must be 0 or more seconds, not inf; "
        "jitter must be between 0 and 1, not nan"
    )


@pytest.mark.parametrize("attempts", [True, 2.0, "3"])
def test_attempts_are_counted_in_whole_numbers(attempts: object) -> None:
    """What only looks like a number of attempts is refused."""
    with pytest.raises(ValueError) as caught:
        RetryPolicy(attempts=attempts)  # type: ignore[arg-type]

    assert f"attempts must be a whole number from 1 up, not {attempts!r}" == str(caught.value)


@given(POLICIES, st.integers(1) | st.just(10**300), RANDOM, st.none() | SECONDS)
def test_delay_is_within_its_bounds(
    policy: RetryPolicy, attempt: int, number: float, retry_after: float | None
) -> None:
    """However large the numbers: a delay is finite, not above its bound and spread, not below what was asked."""
    delay = policy.delay(attempt, lambda: number, retry_after)

    assert (delay is None) == (attempt >= policy.attempts)
    if delay is not None:
        asked = retry_after or 0.0
        assert asked <= delay <= max(asked, policy.max_delay * (1 + policy.jitter))


@given(POLICIES, st.integers(1, 10**6))
def test_delays_never_shrink(policy: RetryPolicy, attempt: int) -> None:
    """Without chance, a later delay is never shorter than an earlier one."""
    earlier, later = (policy.delay(number, middle) for number in (attempt, attempt + 1))

    if later is not None:
        assert earlier is not None
        assert earlier <= later
