"""TOML text: its data by the standard library, and the line of each statement by a scanner of our own."""

import re
import tomllib
from typing import Any

from provisioning.errors import ConfigurationError, Problem
from provisioning.source.key import Path

__all__ = ["lines", "parse"]

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_SKIP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)+")
_KEY_PART = re.compile(r"[ \t]*(?:\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*")
# the parts of a value that decide where it ends; strings first, as they may hold anything
_VALUE_PART = re.compile(
    r"""
    \"{3} (?:[^\\] | \\[\s\S])*? \"{3,5}  |  '{3} [\s\S]*? '{3,5}
    | \" (?:[^\"\\\n] | \\.)* \"  |  ' [^'\n]* '
    | \#[^\n]*
    | [\[\]{}\n]
    """,
    re.VERBOSE,
)


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the document's tables; raises ConfigurationError with the line and column of a mistake."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError.from_problems(name, [_problem(str(error), text, name)]) from error
    except RecursionError as error:
        raise ConfigurationError(f"{name}: is nested too deeply to be read") from error
    except ValueError as error:  # an integer of more digits than the interpreter converts
        raise ConfigurationError(f"{name}: holds a number with too many digits") from error


def _problem(message: str, text: str, name: str) -> Problem:
    place = _PLACE.search(message)
    what = message[: place.start()] if place else message
    line = text.count("\n") + 1
    if place and place["line"]:
        line, what = int(place["line"]), f"{what} (column {place['column']})"
    elif place:
        what = f"{what} (the text ends here)"
    hint = "the same key or table is written twice" if "overwrite" in what or "twice" in what else None
    return Problem(f"is not valid TOML: {what}", name, line, None, hint)


def lines(text: str) -> dict[Path, int]:
    """Return the line of each table, each entry of an array of tables and each key of a valid TOML text.

    What stands inside a value - the items of an array, the keys of an inline table - belongs to the line of its key.
    """
    return _Scan(text).run()


class _Scan:
    """One walk over a valid TOML text, statement by statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.line = 1
        self.table: Path = ()
        self.sizes: dict[Path, int] = {}  # how many tables each array of tables has so far
        self.found: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        """Walk to the end and return what was found."""
        self._skip()
        while self.position < len(self.text):
            if self.text[self.position] == "[":
                self._header()
            else:
                self._note(self.table, self._key())
                self._value()
            self._skip()
        return self.found

    def _skip(self) -> None:
        if blank := _SKIP.match(self.text, self.position):
            self._advance(blank.end())

    def _advance(self, end: int) -> None:
        self.line += self.text.count("\n", self.position, end)
        self.position = end

    def _header(self) -> None:
        is_array = self.text.startswith("[[", self.position)
        self.position += 2 if is_array else 1
        path = self._note((), self._key())
        if is_array:
            size = self.sizes.get(path, 0)
            self.sizes[path] = size + 1
            path = (*path, size)
            self.found[path] = self.line
        self.table = path
        self.position += 2 if is_array else 1

    def _key(self) -> list[str]:
        names = []
        while part := _KEY_PART.match(self.text, self.position):
            quoted, literal, bare = part.groups()
            names.append(_unescaped(quoted) if quoted is not None else literal if literal is not None else bare)
            self.position = part.end()
            if not self.text.startswith(".", self.position):
                return names
            self.position += 1
        return names

    def _note(self, path: Path, names: list[str]) -> Path:
        for name in names:
            if path in self.sizes:
                path = (*path, self.sizes[path] - 1)
            path = (*path, name)
            self.found.setdefault(path, self.line)
        return path

    def _value(self) -> None:
        depth = 0
        for part in _VALUE_PART.finditer(self.text, self.position):
            first = part.group()[0]
            if first in "[{":
                depth += 1
            elif first in "]}":
                depth -= 1
            elif first == "\n" and depth == 0:
                self._advance(part.start())
                return
        self._advance(len(self.text))


def _unescaped(quoted: str) -> str:
    if "\\" not in quoted:
        return quoted
    value: str = tomllib.loads(f'key = "{quoted}"')["key"]
    return value
