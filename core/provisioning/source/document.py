"""A document: the data that somebody wrote, and where each of its keys stands in the text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any

from provisioning.errors import ConfigurationError, Problem
from provisioning.source.format import Format
from provisioning.source.key import Path, dotted
from provisioning.source.plain import Flaw, plain_data

__all__ = ["Source", "parse_source"]

_KINDS = {list: "a list", str: "text", bool: "true or false", type(None): "null"}


@dataclass(frozen=True)
class Source:
    """One parsed document.

    `name` is what people call it (its path, usually), `data` its tables, lists and values, `text` what was written.
    The lines are looked up only when somebody asks for one: a good document never pays for them.
    """

    name: str
    format: Format
    data: dict[str, Any] = field(repr=False)
    text: str = field(repr=False)

    def line_of(self, path: Sequence[str | int]) -> int | None:
        """Return the line, counted from 1, on which the value at `path` is written.

        For a path that is not written itself (a missing key, an item of an inline table) it is the line of the
        nearest part around it that is; None when there is none.
        """
        lines = self._lines
        for end in range(len(path), 0, -1):
            line = lines.get(tuple(path[:end]))
            if line is not None:
                return line
        return None

    def problem(self, path: Sequence[str | int], message: str, hint: str | None = None) -> Problem:
        """Make a problem of this document, with its file, its line and its dotted key."""
        return Problem(message, self.name, self.line_of(path), dotted(path) or None, hint)

    @cached_property
    def _lines(self) -> Mapping[Path, int]:
        lines: Mapping[Path, int] = _reader(self.format).lines(self.text)
        return lines


def parse_source(text: str, form: Format | str, name: str, *, allow_empty: bool = False) -> Source:
    """Parse text that is already in memory; `name` is what messages call it (`standard input`, `request body`).

    `allow_empty` makes a text without any value an empty table instead of an error. Raises ConfigurationError with
    every problem found.
    """
    form = Format(form)
    data = _reader(form).parse(text.removeprefix("\ufeff"), name)
    if data == {} or (data is None and form is Format.YAML):
        if not allow_empty:
            raise ConfigurationError(f"{name}: is empty", hint=f"write a {form.label} document in it")
        data = {}
    if not isinstance(data, dict):
        kind = _KINDS.get(type(data), "a number")
        raise ConfigurationError(f"{name}: must be a table of keys and values, not {kind}")
    flaws: list[Flaw] = []
    source = Source(name, form, plain_data(data, flaws), text)
    if flaws:
        problems = [source.problem(flaw.path, flaw.message, flaw.hint) for flaw in flaws]
        raise ConfigurationError.from_problems(name, problems)
    return source


def _reader(form: Format) -> Any:
    """Return the module that reads a format; only the one that is needed is imported, as YAML's is heavy."""
    return import_module(f"provisioning.source.{form.value}_text")
