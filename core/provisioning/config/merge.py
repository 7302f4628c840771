"""Laying tables over each other: tables merge key by key, everything else is replaced whole."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["leaves", "merged", "nested", "value_at"]

_ABSENT = object()


def merged(weaker: Mapping[str, Any], stronger: Mapping[str, Any]) -> dict[str, Any]:
    """Return `stronger` laid over `weaker`; neither is changed."""
    result = dict(weaker)
    for key, value in stronger.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return the tables that hold `value` at `path`."""
    for name in reversed(path):
        value = {name: value}
    result: dict[str, Any] = value
    return result


def value_at(data: Any, path: Sequence[str | int], default: Any = _ABSENT) -> Any:
    """Return the value at `path`; raises KeyError when there is none and no `default`."""
    for name in path:
        if not isinstance(data, dict) or name not in data:
            if default is _ABSENT:
                raise KeyError(name)
            return default
        data = data[name]
    return data


def leaves(data: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and the value of everything that is not a table, and of every empty table."""
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value
