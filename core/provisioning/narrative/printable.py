"""Text that is safe to print: names from clouds and files may hold anything, a terminal obeys some of it."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["as_clock", "as_seconds", "as_text", "as_time", "printable"]


def printable(text: object, *, keep: str = "") -> str:
    """Return `text` with everything a terminal might obey written as an escape; characters in `keep` stay."""
    return "".join(char if char.isprintable() or char in keep else _escape(char) for char in str(text))


def _escape(char: str) -> str:
    return repr(char)[1:-1]


def as_text(value: Any) -> str:
    """Return a value on one line for a person: `-` for nothing, a list's members with commas, JSON for a table."""
    if value is None or value in ("", [], (), {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        import json  # noqa: PLC0415 - slow to load, and seldom needed

        return printable(json.dumps(value, default=str, ensure_ascii=False))
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(as_text(member) for member in value)
    return printable(value)


def as_clock(at: float) -> str:
    """Return the local time of day of a moment in seconds since the epoch."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def as_time(at: float | None) -> str:
    """Return the local date and time of a moment in seconds since the epoch."""
    return "-" if at is None else time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(at))


def as_seconds(duration: float | None) -> str:
    """Return a duration in seconds as people write it: `0.4s`, `12s`, `3m05s`, `2h07m`."""
    if duration is None:
        return "-"
    if duration < 10:
        return f"{max(0.0, duration):.1f}s"
    minutes, seconds = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{seconds:02}s" if minutes else f"{seconds}s"
