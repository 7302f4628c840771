"""Lines cut out of what comes, however it comes; and JSON that is exactly that."""

import json
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.bridge.decoding import Lines, decode
from provisioning.bridge.fault import Fault, Unreadable

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.binary(max_size=30), max_size=8), st.lists(st.integers(0, 240), max_size=10))
def test_lines_do_not_depend_on_how_they_come(parts: list[bytes], cuts: list[int]) -> None:
    """In one piece, byte by byte, or cut anywhere."""
    data = b"\n".join(parts)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    lines = Lines()
    found = [line for begin, end in pairwise(places) for line in lines.feed(data[begin:end])]
    assert [*found, lines.last()] == data.split(b"\n")


@given(st.integers(1, 50), st.integers(0, 200), st.integers(1, 60))
def test_no_line_is_longer_than_the_limit(limit: int, length: int, chunk: int) -> None:
    """It is refused as soon as that is known, and never held whole."""
    lines, fed = Lines(limit), 0
    while fed < length and fed + chunk <= limit:
        assert list(lines.feed(b"x" * chunk)) == []
        fed += chunk
    if fed < length:
        with pytest.raises(Fault, match=f"^wrote a line of more than {limit} bytes$"):
            list(lines.feed(b"x" * chunk))


@given(st.dictionaries(st.text(), JSON, max_size=4), st.booleans())
def test_what_json_writes_is_read_back(document: dict[str, object], is_ascii: bool) -> None:
    """Every object, in both spellings, unless half a surrogate pair is in it."""
    text = json.dumps(document, ensure_ascii=is_ascii)
    try:
        line = text.encode()
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert decode(line) == document


@given(st.binary(max_size=40))
def test_nothing_else_comes_out(line: bytes) -> None:
    """An object, or `Unreadable`."""
    with suppress(Unreadable):
        assert isinstance(decode(line), dict)


@pytest.mark.parametrize("line", [b"", b" ", b"{", b"{}x", b"nul", b"'a'", b"{'a': 1}", b"[1]", b'"a"', b"1", b"null"])
def test_what_is_no_object_is_refused(line: bytes) -> None:
    """Whatever else it is."""
    with pytest.raises(Unreadable):
        decode(line)
