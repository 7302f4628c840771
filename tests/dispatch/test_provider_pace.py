"""The pace of a provider instance: kept by whoever calls it, on a clock that only waiting moves."""

import math

import pytest

from provisioning.contract import Cancellation, OperationContext, ProviderLimits, hookimpl
from provisioning.dispatch import ProviderHandle
from provisioning.errors import OperationTimedOut, RunInterrupted, Throttling
from tests.dispatch.clouds import SmallCloud


class Time(Cancellation):
    """A clock, and a cancellation whose waits move it; `is_cancelled` makes the first wait end with the wish."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        if self.is_cancelled:
            return True
        self.now += seconds
        return False


class Throttled(SmallCloud):
    """A cloud that asks for a pause at its first call, and answers afterwards."""

    def __init__(self, retry_after: object) -> None:
        super().__init__()
        self.errors = [Throttling("slow down", retry_after=retry_after)]  # type: ignore[arg-type]

    @hookimpl
    def find_server(self, client_token: str) -> None:
        """Answer, or not yet."""
        if self.errors:
            raise self.errors.pop()


@pytest.fixture
def time() -> Time:
    return Time()


def handle(cloud: object, time: Time, rate: float | None = None) -> ProviderHandle:
    limits = ProviderLimits(requests_per_second=rate)
    return ProviderHandle("eu", "cloud", lambda: cloud, limits=limits, clock=time.clock)


def context(time: Time, deadline: float | None = None) -> OperationContext:
    return OperationContext("wf-1", "web", deadline=deadline, cancellation=time, clock=time.clock)


def test_calls_of_all_kinds_share_one_rate(time: Time) -> None:
    """Whoever calls: four calls at two a second take a second and a half."""
    cloud = handle(SmallCloud(), time, rate=2)
    for ask in (cloud.check_connection, cloud.list_servers, cloud.check_connection):
        ask(context=context(time))
    cloud.find_server("t", context(time))
    assert time.now == 101.5
    assert cloud.opens_in() == 0.5


def test_the_pause_that_a_cloud_asked_for_is_kept_by_all(time: Time) -> None:
    """The next call of anybody goes out when it is over."""
    cloud = handle(Throttled(30.0), time)
    with pytest.raises(Throttling) as caught:
        cloud.find_server("t", context(time))
    assert (caught.value.provider, cloud.opens_in()) == ("eu", 30.0)
    assert cloud.check_connection(context(time)).reachable
    assert time.now == 130.0


@pytest.mark.parametrize("retry_after", [math.nan, math.inf, "soon", None])
def test_a_pause_that_makes_no_sense_is_none(time: Time, retry_after: object) -> None:
    """A stranger's error may hold anything."""
    cloud = handle(Throttled(retry_after), time)
    with pytest.raises(Throttling) as caught:
        cloud.find_server("t", context(time))
    assert (caught.value.retry_after, cloud.opens_in()) == (None, 0.0)


def test_a_call_whose_turn_comes_too_late_is_not_made(time: Time) -> None:
    """Nothing is called after the deadline, and nobody waits for a turn beyond it."""
    cloud = handle(SmallCloud(), time, rate=0.1)
    cloud.check_connection(context(time))
    with pytest.raises(OperationTimedOut) as caught:
        cloud.find_server("t", context(time, deadline=105.0))
    assert caught.value.message == "find_server of provider eu was not called: the time of the operation is up"
    assert time.now == 100.0


def test_a_call_that_is_cancelled_while_it_waits_is_not_made(time: Time) -> None:
    """It ends at once, and says that nothing was called."""
    cloud = handle(SmallCloud(), time, rate=0.1)
    cloud.check_connection(context(time))
    time.cancel()
    with pytest.raises(RunInterrupted) as caught:
        cloud.find_server("t", context(time))
    assert caught.value.message == "find_server of provider eu was not called: operation web was cancelled"
