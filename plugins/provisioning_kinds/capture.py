"""What a program writes on one stream: the beginning and the end are kept, every line is told; memory stays bounded."""

import codecs
from collections.abc import Callable

__all__ = ["KEPT", "Capture"]

KEPT = 64 * 1024
"""How much of a stream is kept, in bytes: half of it from the beginning, half from the end."""

LONGEST_LINE = 4096
"""How much of a line is told, in characters."""

MOST_LINES = 10_000
"""How many lines of a stream are told: a program that never stops writing must not fill the journal."""


class Capture:
    """Takes bytes as they come. `tell` hears of each line, without its end; one without an end is told by `close`."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._line = ""
        self._is_cut = False
        self._lines = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._size += len(data)
        room = KEPT // 2 - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > KEPT:
            del self._tail[: -(KEPT // 2)]
        if self._lines <= MOST_LINES:
            self._read(self._decode(data))

    def close(self) -> None:
        """Take note that nothing more comes."""
        if self._lines <= MOST_LINES:
            self._read(self._decode(b"", final=True))
            if self._line:
                self._end_line()

    def _read(self, text: str) -> None:
        *ended, rest = text.split("\n")
        for part in ended:
            self._lengthen(part)
            self._end_line()
        self._lengthen(rest)

    def _lengthen(self, part: str) -> None:
        room = LONGEST_LINE - len(self._line)
        self._line += part[:room]
        self._is_cut = self._is_cut or len(part) > room

    def _end_line(self) -> None:
        line, self._line = self._line.rstrip("\r"), ""
        mark, self._is_cut = " ..." if self._is_cut else "", False
        self._lines += 1
        if self._lines <= MOST_LINES:
            self._tell(line + mark)
        elif self._lines == MOST_LINES + 1:
            self._tell(f"... more than {MOST_LINES} lines; the end is in the operation's result")

    @property
    def text(self) -> str:
        """What was written; of much, the beginning and the end with a mark between them."""
        tail = bytes(self._tail[-(KEPT // 2) :])
        left_out = self._size - len(self._head) - len(tail)
        mark = f"\n... {left_out} bytes left out ...\n".encode() if left_out else b""
        return (bytes(self._head) + mark + tail).decode(errors="replace")
