"""The data that every format shares: tables with text keys, lists, text, finite numbers, true, false and null.

What TOML and YAML have beyond it is either written as text (dates) or refused, so that a document means the same in
each format and can always be journaled and sent as JSON.
"""

import math
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from provisioning.source.key import Path

__all__ = ["MAX_DEPTH", "Flaw", "plain_data"]

MAX_DEPTH = 100
"""How deep tables and lists may stand in each other."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A value that cannot be kept, and where it stands."""

    path: Path
    message: str
    hint: str | None = None


def plain_data(value: Any, flaws: list[Flaw], path: Path = ()) -> Any:
    """Return `value` with dates as ISO 8601 text; add to `flaws` what no format may hold.

    Tables and lists without a date are returned as they are, not copied.
    """
    if isinstance(value, dict | list):
        if len(path) >= MAX_DEPTH:
            flaws.append(Flaw(path[:3], f"is nested deeper than {MAX_DEPTH} levels"))
            return value
        return _plain_items(value, flaws, path)
    return _plain_scalar(value, flaws, path)


def _plain_items(value: dict[str, Any] | list[Any], flaws: list[Flaw], path: Path) -> Any:
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value)
    changes: list[tuple[Any, Any]] = []
    for key, item in pairs:
        kind = type(item)
        if kind is bool or kind is int or (kind is str and item.isascii()):
            continue  # most of any document; the call is worth saving
        plain = plain_data(item, flaws, (*path, key))
        if plain is not item:
            changes.append((key, plain))
    if not changes:
        return value
    copy: Any = value.copy()
    for key, plain in changes:
        copy[key] = plain
    return copy


def _plain_scalar(value: Any, flaws: list[Flaw], path: Path) -> Any:
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        flaws.append(Flaw(path, f"{value} is not a number that a document may hold", "write a finite number"))
    elif isinstance(value, str) and not value.isascii() and not _is_unicode(value):
        flaws.append(Flaw(path, "holds half of a surrogate pair, which is not text", "write the whole character"))
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
