"""Text from anywhere is safe to print."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.narrative.printable import as_clock, as_seconds, as_text, as_time, printable


@given(st.text())
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    """Whatever the text, what is printed is one line of printable characters."""
    assert printable(text).isprintable()


@given(st.text().filter(str.isprintable))
def test_printable_text_is_left_alone(text: str) -> None:
    """Printable text, umlauts and all, stays what it is."""
    assert text == printable(text)


def test_escapes_are_readable() -> None:
    """An escape sequence is shown as what it is, and a newline can be kept."""
    assert printable("\x1b[31mred\nnext") == "\\x1b[31mred\\nnext"
    assert printable("a\nb\t", keep="\n") == "a\nb\\t"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        ((), "-"),
        ({}, "-"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (("a", "b"), "a,b"),
        ({"a": 1}, '{"a": 1}'),
        ("two words", "two words"),
    ],
)
def test_a_value_is_one_word_or_line(value: object, text: str) -> None:
    """A cell is never empty, so that columns can be counted."""
    assert text == as_text(value)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (-1.0, "0.0s"), (0.44, "0.4s"), (12.4, "12s"), (185, "3m05s"), (7620, "2h07m")],
)
def test_durations_read_like_durations(seconds: float | None, text: str) -> None:
    """Seconds become the two largest units."""
    assert text == as_seconds(seconds)


def test_times_are_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moments are shown in the time of the place, the date with its offset."""
    import time

    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    try:
        assert (as_clock(1.0), as_time(1.0), as_time(None)) == ("02:00:01", "1970-01-01T02:00:01+0200", "-")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_mapping_that_json_does_not_know_is_still_shown() -> None:
    """A table may hold values of other types."""
    assert json.loads(as_text({"a": {1}})) == {"a": "{1}"}
