"""The cache: what it keeps, for how long, and who loads."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.cache import TtlCache


class Clock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now


class Loader:
    """Counts its calls and answers with their number."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> int:
        """Answer with the number of this call."""
        self.calls += 1
        return self.calls


def test_a_value_is_loaded_once_while_it_is_good():
    """A second question within the time gets the first answer, one at its end a new one."""
    clock, loader = Clock(), Loader()
    cache = TtlCache[str, int](10, clock=clock)
    answers = []
    for now in (0, 9.9, 10, 19.9, 20):
        clock.now = now
        answers.append(cache.get_or_load("a", loader))
    assert answers == [1, 1, 2, 2, 3]


def test_keys_have_nothing_to_do_with_each_other():
    """Each key has its own value."""
    cache = TtlCache[str, str](10, clock=Clock())
    assert [cache.get_or_load(key, lambda key=key: key.upper()) for key in "aba"] == ["A", "B", "A"]


def test_none_is_a_value():
    """A loader that answers None is not asked again."""
    cache = TtlCache[str, None](10, clock=Clock())
    calls = []
    for _ in range(2):
        cache.get_or_load("a", lambda: calls.append(1))
    assert calls == [1]


def test_an_error_is_not_kept():
    """After a loader has failed, the next question asks again."""
    cache = TtlCache[str, int](10, clock=Clock())
    with pytest.raises(ZeroDivisionError):
        cache.get_or_load("a", lambda: 1 // 0)
    assert cache.get_or_load("a", lambda: 7) == 7


def test_the_oldest_entry_makes_room():
    """A full cache drops what was loaded first."""
    cache = TtlCache[str, int](10, max_entries=2, clock=Clock())
    loader = Loader()
    for key in "abcbca":
        cache.get_or_load(key, loader)
    assert (loader.calls, len(cache)) == (4, 2)


def test_with_no_time_nothing_is_kept():
    """A time of 0 seconds loads for each question and holds nothing."""
    cache = TtlCache[str, int](0, clock=Clock())
    loader = Loader()
    assert [cache.get_or_load("a", loader), cache.get_or_load("a", loader), len(cache)] == [1, 2, 0]


def test_many_threads_share_one_load():
    """However many ask at once, the loader runs once and all get its value."""
    cache = TtlCache[str, int](10)
    loader, gate = Loader(), threading.Event()
    answers = []

    def slow() -> int:
        gate.wait()
        return loader()

    threads = [threading.Thread(target=lambda: answers.append(cache.get_or_load("a", slow))) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert (answers, loader.calls) == ([1] * 8, 1)


def test_those_who_wait_get_the_error_too():
    """A failed load fails for everybody who waited for it, and is not made once more for each of them."""
    cache = TtlCache[str, int](10)
    begun, gate, heard = threading.Event(), threading.Event(), []

    def failing() -> int:
        begun.set()
        gate.wait()
        raise ValueError("no")

    def ask(loader) -> None:
        try:
            cache.get_or_load("a", loader)
        except ValueError as error:
            heard.append(str(error))

    first = threading.Thread(target=ask, args=(failing,))
    first.start()
    begun.wait()
    waiting = threading.Thread(target=ask, args=(lambda: 1,))
    waiting.start()
    while not _waits_for(cache, "a"):
        pass
    gate.set()
    first.join()
    waiting.join()
    assert heard == ["no", "no"]


def _waits_for(cache, key) -> bool:
    return bool(cache._loads[key].ended._cond._waiters)


def test_an_interrupted_load_is_made_by_the_next_in_the_line():
    """A KeyboardInterrupt ends the loader's thread alone: who waits loads in its place."""
    cache = TtlCache[str, int](10)
    begun, gate, answers = threading.Event(), threading.Event(), []

    def interrupted() -> int:
        begun.set()
        gate.wait()
        raise KeyboardInterrupt

    def first() -> None:
        with pytest.raises(KeyboardInterrupt):
            cache.get_or_load("a", interrupted)

    one = threading.Thread(target=first)
    one.start()
    begun.wait()
    two = threading.Thread(target=lambda: answers.append(cache.get_or_load("a", lambda: 5)))
    two.start()
    gate.set()
    one.join()
    two.join()
    assert answers == [5]


def test_a_loader_that_asks_for_its_own_key_is_told():
    """It would wait for itself for ever."""
    cache = TtlCache[str, int](10)
    with pytest.raises(RuntimeError, match=r"^the loader of 'a' asks for 'a' itself$"):
        cache.get_or_load("a", lambda: cache.get_or_load("a", lambda: 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "a cache keeps its entries for 0 seconds or more, not -1"),
        ((1, 0), "a cache holds 1 entry or more, not 0"),
    ],
)
def test_what_no_cache_can_be(arguments, message):
    """A negative time and no room are refused."""
    with pytest.raises(ValueError) as caught:
        TtlCache(*arguments)
    assert str(caught.value) == message


@given(
    ttl=st.integers(0, 5),
    most=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcde"), st.booleans())),
)
def test_no_answer_is_older_than_the_time(ttl, most, steps):
    """Whatever is asked in whatever order: no value is too old, none is an error's, and the size has a bound."""
    clock = Clock()
    cache = TtlCache[str, tuple[str, float]](ttl, most, clock)
    for pause, key, fails in steps:
        clock.now += pause

        def load(key=key, fails=fails) -> tuple[str, float]:
            if fails:
                raise LookupError
            return key, clock.now

        try:
            answered, at = cache.get_or_load(key, load)
        except LookupError:
            assert fails
        else:
            assert answered == key
            assert clock.now == at or clock.now - at < ttl
        assert len(cache) <= most
