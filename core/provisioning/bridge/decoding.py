"""Lines of output made JSON objects: bounded, strict, and never read whole into memory when they are too long."""

import json
import math
from collections.abc import Iterator
from typing import Any, Never

from provisioning.bridge.fault import Fault, Unreadable

__all__ = ["LINE_LIMIT", "TOTAL_LIMIT", "Lines", "decode"]

LINE_LIMIT = 8 * 1024 * 1024
"""The longest line, in bytes; and the longest answer that spans several."""

TOTAL_LIMIT = 1024 * 1024 * 1024
"""The most that a program may write in answer to one request, in bytes."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Lines:
    """Cuts what comes into lines.

    Raises `Fault` as soon as one is longer than `limit` bytes, or all of them are longer than `total`.
    """

    def __init__(self, limit: int = LINE_LIMIT, total: int | None = TOTAL_LIMIT) -> None:
        self._limit = limit
        self._total = total
        self._count = 0
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that `data` completes."""
        self._count += len(data)
        if self._total is not None and self._count > self._total:
            raise Fault(f"wrote more than {self._total} bytes")
        first, newline, more = data.partition(b"\n")
        if newline and not (self._rest or more) and len(first) <= self._limit:
            yield first
            return
        self._rest += first
        if len(self._rest) > self._limit:
            raise Fault(f"wrote a line of more than {self._limit} bytes")
        if not newline:
            return
        yield bytes(self._rest)
        *lines, rest = more.split(b"\n")
        self._rest = bytearray(rest)
        yield from lines

    def last(self) -> bytes:
        """Return what is left when the output has ended."""
        return bytes(self._rest)


def decode(line: bytes) -> dict[str, Any]:
    """Return the JSON object that a line is; raises `Unreadable` for anything else."""
    if line.startswith(_BYTE_ORDER_MARK):
        raise Unreadable("begins with a byte-order mark")
    try:
        value = _DECODER.decode(line.decode())
        if b"\\u" in line:
            json.dumps(value, ensure_ascii=False).encode()
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise _as_unreadable(error, line) from error
    if not isinstance(value, dict):
        raise Unreadable("is JSON, and not an object")
    return value


def _as_unreadable(error: Exception, line: bytes) -> Unreadable:
    match error:
        case UnicodeDecodeError():
            return Unreadable(f"is not UTF-8: byte 0x{line[error.start]:02x} at position {error.start}")
        case UnicodeEncodeError():
            return Unreadable("holds half of a surrogate pair")
        case json.JSONDecodeError(msg="Extra data"):
            return Unreadable(f"holds more than one JSON document (column {error.colno})")
        case json.JSONDecodeError():
            return Unreadable(f"is not JSON: {error.msg} (column {error.colno})", may_go_on=True)
        case RecursionError():
            return Unreadable("is nested too deeply")
    return Unreadable("holds a number of too many digits")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise Unreadable("holds an object with the same key twice")
    return table


def _constant(name: str) -> Never:
    raise Unreadable(f"holds {name}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Unreadable("holds a number that is too large")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite)
