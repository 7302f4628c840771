"""What a program writes on one stream: the beginning and the end are kept, the lines are told; memory stays bounded."""

import codecs
from collections.abc import Callable

__all__ = ["KEPT", "Capture"]

KEPT = 64 * 1024
"""How much of a stream is kept, in bytes: half of it from the beginning, half from the end."""

LONGEST_LINE = 4096
"""How much of a line is told, in characters."""

LARGEST_PIECE = 8192
"""How much is told at once, in characters, unless one line is longer."""


class Capture:
    """Takes bytes as they come. `tell` hears of the lines that have ended, some at once, parted by line ends.

    A last line without an end is told by `close`. After `most_lines` one more line says that no more are told.
    """

    def __init__(self, tell: Callable[[str], None], most_lines: int) -> None:
        self._tell = tell
        self._most_lines = most_lines
        self._ended: list[str] = []
        self._ended_size = 0
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
        if self._lines <= self._most_lines:
            self._read(self._decode(data))
            self._tell_ended()

    def close(self) -> None:
        """Take note that nothing more comes."""
        if self._lines <= self._most_lines:
            self._read(self._decode(b"", final=True))
            if self._line:
                self._end_line()
            self._tell_ended()

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
        if self._lines <= self._most_lines:
            self._add(line + mark)
        elif self._lines == self._most_lines + 1:
            self._add(f"... more than {self._most_lines} lines; the end is in the operation's result")

    def _add(self, line: str) -> None:
        if self._ended_size + len(line) > LARGEST_PIECE:
            self._tell_ended()
        self._ended.append(line)
        self._ended_size += len(line) + 1

    def _tell_ended(self) -> None:
        if self._ended:
            text = "\n".join(self._ended)
            self._ended, self._ended_size = [], 0
            self._tell(text)

    @property
    def text(self) -> str:
        """What was written; of much, the beginning and the end with a mark between them."""
        tail = bytes(self._tail[-(KEPT // 2) :])
        left_out = self._size - len(self._head) - len(tail)
        mark = f"\n... {left_out} bytes left out ...\n".encode() if left_out else b""
        return (bytes(self._head) + mark + tail).decode(errors="replace")
