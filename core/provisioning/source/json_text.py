"""JSON text: its data by the standard library, and the line of each key by a scanner of our own."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from provisioning.errors import ConfigurationError, Problem
from provisioning.source.key import Path, dotted

__all__ = ["lines", "parse"]

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,\n]|[^\s{}\[\]:,"]+')


class _DuplicateKey(ValueError):
    """Some object of the document names a key twice."""


def parse(text: str, name: str) -> Any:
    """Return the document's value; raises ConfigurationError with the line and column of a mistake.

    A key written twice in one object is refused: the standard library would keep the last in silence.
    """
    if not text.strip():
        return {}
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        message = f"is not valid JSON: {error.msg} (column {error.colno})"
        raise ConfigurationError.from_problems(name, [Problem(message, name, error.lineno)]) from error
    except _DuplicateKey as error:
        raise ConfigurationError.from_problems(name, _duplicates(text, name)) from error
    except RecursionError as error:
        raise ConfigurationError(f"{name}: is nested too deeply to be read") from error
    except ValueError as error:  # an integer of more digits than the interpreter converts
        raise ConfigurationError(f"{name}: holds a number with too many digits") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise _DuplicateKey
    return table


def _duplicates(text: str, name: str) -> list[Problem]:
    places = list(_places(text))
    counts = Counter(path for path, _ in places)
    seen: set[Path] = set()
    problems = []
    for path, line in places:
        if path in seen and counts[path] > 1 and isinstance(path[-1], str):
            problems.append(Problem("is written twice", name, line, dotted(path), "keep one of the two"))
        seen.add(path)
    return problems


def lines(text: str) -> dict[Path, int]:
    """Return the line of each key and of each list item of a valid JSON text."""
    return dict(_places(text))


def _places(text: str) -> Iterator[tuple[Path, int]]:
    """Walk the words of a valid JSON text, yielding each path with the line where it begins."""
    path: list[str | int] = []  # the innermost part is the key or the index being read
    line = 1
    is_key = starts_item = False
    for match in _WORD.finditer(text):
        word = match.group()
        if word == "\n":
            line += 1
            continue
        if starts_item and word != "]":
            yield tuple(path), line
        starts_item = False
        if word == "{":
            path.append("")
            is_key = True
        elif word == "[":
            path.append(0)
            starts_item = True
        elif word in "}]":
            path.pop()
        elif word == ",":
            position = path[-1]
            is_key = isinstance(position, str)
            if isinstance(position, int):
                path[-1], starts_item = position + 1, True
        elif is_key and word != ":":
            path[-1] = json.loads(word)
            is_key = False
            yield tuple(path), line
