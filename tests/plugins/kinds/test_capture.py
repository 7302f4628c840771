"""A capture keeps the beginning and the end of a stream and tells its lines, in bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from provisioning_kinds.capture import KEPT, LARGEST_PIECE, LONGEST_LINE, Capture

MOST_LINES = 10_000


def captured(*pieces: bytes) -> tuple[str, list[str]]:
    """Return what is kept of a stream and which lines are told of."""
    lines: list[str] = []
    capture = Capture(lambda text: lines.extend(text.split("\n")), MOST_LINES)
    for piece in pieces:
        capture.feed(piece)
    capture.close()
    return capture.text, lines


def test_lines_are_told_whole() -> None:
    """A line is told once it is whole, without its end; the last one even if it has none."""
    assert captured(b"on", b"e\ntwo\r\n\nthr", b"ee") == ("one\ntwo\r\n\nthree", ["one", "two", "", "three"])


def test_letters_are_not_torn() -> None:
    """A letter of several bytes may come in pieces; what is no UTF-8 is replaced."""
    assert captured("ä".encode()[:1], "ä".encode()[1:], b"\xff\n") == ("ä\ufffd\n", ["ä\ufffd"])


def test_much_output_keeps_both_ends() -> None:
    """Of much output, half of what is kept is from the beginning and half from the end."""
    text, lines = captured(b"a" * KEPT, b"b" * KEPT, b"c" * KEPT)

    half = KEPT // 2
    assert text == "a" * half + f"\n... {2 * KEPT} bytes left out ...\n" + "c" * half
    assert lines == ["a" * LONGEST_LINE + " ..."]


def test_flood_of_lines_ends() -> None:
    """After so many lines, one more says that no more are told."""
    lines = captured(*[b"y\n" * 1000] * 11)[1]

    assert lines[:-1] == ["y"] * MOST_LINES
    assert lines[-1] == "... more than 10000 lines; the end is in the operation's result"


@given(st.lists(st.binary(max_size=KEPT), max_size=6))
def test_what_fits_is_kept_as_it_was(pieces: list[bytes]) -> None:
    """However it comes in pieces: up to 64 KiB nothing is lost, and beyond that never more is kept."""
    whole = b"".join(pieces)
    text, _ = captured(*pieces)

    if len(whole) <= KEPT:
        assert text == whole.decode(errors="replace")
    else:
        assert f"... {len(whole) - KEPT} bytes left out ..." in text
        assert len(text) < KEPT + 100


@given(st.lists(st.text(max_size=20), max_size=5), st.integers(1, 7))
def test_lines_do_not_depend_on_the_pieces(texts: list[str], size: int) -> None:
    """Lines are the same however the stream is cut into pieces."""
    whole = "\n".join(texts).encode()

    assert captured(*(whole[start : start + size] for start in range(0, len(whole), size)))[1] == captured(whole)[1]


def test_lines_are_told_some_at_once() -> None:
    """What comes in one piece is told in as few pieces as there have to be, and none is large."""
    told: list[str] = []
    capture = Capture(told.append, MOST_LINES)
    capture.feed(b"y\n" * 9000)
    assert "\n".join(told) == "\n".join(["y"] * 9000)
    assert [len(text) <= LARGEST_PIECE for text in told] == [True] * 3


def test_no_line_may_be_wanted() -> None:
    """Then one line says that there are some."""
    told: list[str] = []
    capture = Capture(told.append, 0)
    capture.feed(b"a\nb\n")
    assert told == ["... more than 0 lines; the end is in the operation's result"]
