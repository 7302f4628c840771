"""What a program writes on standard error: log lines, and the last of them kept for the message of a failure."""

import logging
import os
import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from provisioning.bridge.child import CHUNK

__all__ = ["Log"]

LONGEST = 4096
"""The longest log line that is shown whole, in characters."""

MOST = 10_000
"""How many lines one process may log; further ones are read, and dropped."""

MOST_LEFT = 16
"""How often to read what an ended program has left; an heir may go on writing for ever."""

_KEPT = 5
_SHOWN = 500
_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_LEVEL = re.compile(r"(debug|info|warn|warning|error|critical): *", re.IGNORECASE)


class Log:
    """Takes the bytes of one process's standard error; `logger()` returns where a line goes at this moment.

    A line may begin with its level (`warning: the cloud is slow`); else it is INFO. `redact` takes secrets out of it.
    """

    def __init__(self, logger: Callable[[], logging.Logger], redact: Callable[[str], str]) -> None:
        self._logger = logger
        self._redact = redact
        self._rest = bytearray()
        self._last: deque[str] = deque(maxlen=_KEPT)
        self._count = 0

    @property
    def last_words(self) -> tuple[str, ...]:
        """The last lines that were not empty; one that has no end yet counts."""
        rest = self._text(self._rest)
        last = [*self._last, rest] if rest else list(self._last)
        return tuple(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..." for line in last[-_KEPT:])

    def feed(self, data: bytes) -> None:
        """Take what was written."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._take(line)
            self._tell(self._rest)
            self._rest = bytearray()
        self._take(rest)

    def read_rest(self, pipe: int) -> None:
        """Take what a program that has ended has left in its pipe; a last line without an end is one all the same."""
        os.set_blocking(pipe, False)
        with suppress(BlockingIOError):
            for _ in range(MOST_LEFT):
                self.feed(os.read(pipe, CHUNK))
        if self._rest:
            self._tell(self._rest)
            self._rest = bytearray()

    def _take(self, part: bytes) -> None:
        self._rest += part[: 4 * LONGEST - len(self._rest)]

    def _tell(self, line: bytes | bytearray) -> None:
        text = self._text(line)
        if not text:
            return
        self._last.append(text)
        self._count += 1
        if self._count > MOST:
            return
        if self._count == MOST:
            self._logger().warning("it has logged %d lines; further ones are not shown", MOST)
            return
        level = logging.INFO
        if (found := _LEVEL.match(text)) is not None:
            level, text = _LEVELS[found[1].lower()], text[found.end() :]
        self._logger().log(level, "%s", text)

    def _text(self, line: bytes | bytearray) -> str:
        """Return a line for people, without secrets, which are taken out before anything is cut."""
        text = self._redact(line.decode(errors="replace").strip())[:LONGEST]
        return "".join(one if one.isprintable() or one == "\t" else "?" for one in text)
