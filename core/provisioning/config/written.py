"""A value written outside a file, in an environment variable or an option: TOML where it is TOML, else text."""

import math
import tomllib
from datetime import date, time
from typing import Any

__all__ = ["written_value"]

_QUOTED = ('"', "'", "[", "{")


def written_value(text: str) -> Any:
    """Return what `text` means: `5` is a number, `true` a truth value, `["a"]` a list, `{a = 1}` a table.

    Everything else is the text itself, unchanged, and so are dates and what is not finite. A `#` does not begin a
    comment: a password may hold one.
    """
    stripped = text.strip()
    if "#" in stripped and not stripped.startswith(_QUOTED):
        return text
    try:
        table = tomllib.loads(f"value = {stripped}\n")
    except (ValueError, RecursionError):
        return text
    return table["value"] if len(table) == 1 and _is_plain(table["value"]) else text


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return not isinstance(value, date | time) and not (isinstance(value, float) and not math.isfinite(value))
