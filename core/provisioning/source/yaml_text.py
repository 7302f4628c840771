"""YAML text: its data and lines, built from the parser's events.

From events and not from PyYAML's composer, because that recurses in C and a deeply nested document would kill the
process. Only what JSON can say is read: other tags are refused, and so are keys that are not text.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from provisioning.errors import ConfigurationError, Problem
from provisioning.source.key import Path, dotted
from provisioning.source.plain import MAX_DEPTH

__all__ = ["lines", "parse"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_WORDS = {"int": "a number", "float": "a number", "bool": "true or false", "timestamp": "a date"}
_TEXT = frozenset({"str", "value", "merge"})
_TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"
_MAX_REPEATED = 1_000_000  # values that aliases may stand for; a "billion laughs" document has far more


def parse(text: str, name: str) -> Any:
    """Return the document's value, None for an empty one; raises ConfigurationError with every problem found."""
    builder = _Builder(name)
    try:
        builder.read(text)
    except yaml.YAMLError as error:
        builder.problems.append(_syntax_problem(error, name))
    except _TooLarge as error:
        builder.problems.append(Problem(str(error), name, error.line))
    if builder.problems:
        raise ConfigurationError.from_problems(name, builder.problems)
    return builder.root


def lines(text: str) -> dict[Path, int]:
    """Return the line of each key and of each list item, as written: what an alias repeats has no line of its own."""
    builder = _Builder("", places={})
    with suppress(yaml.YAMLError, _TooLarge):  # the lines before a mistake are right
        builder.read(text)
    return builder.places or {}


def _syntax_problem(error: yaml.YAMLError, name: str) -> Problem:
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    if context := getattr(error, "context", None):
        what = f"{what} {context}"
    mark = getattr(error, "problem_mark", None)
    if mark is not None and "nesting depth" in what:  # libyaml looks ahead, and may have a bound of its own
        return Problem(_TOO_DEEP, name, mark.line + 1)
    if mark is None:
        return Problem(f"is not valid YAML: {what}", name)
    return Problem(f"is not valid YAML: {what} (column {mark.column + 1})", name, mark.line + 1)


class _TooLarge(ValueError):
    """Reading on would cost more than a document may."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class _Open:
    """A mapping or a list whose end has not been read yet."""

    value: Any
    path: Path
    line: int
    anchor: str | None
    first: int  # how many values had been read when it began
    key: str | None = None  # of a mapping: the key whose value comes next
    is_merge: bool = False
    is_key: bool = False  # stands where a key should
    merged: list[Any] = field(default_factory=list)

    @property
    def wants_key(self) -> bool:
        return self.key is None and isinstance(self.value, dict)


class _Builder:
    """One walk over the events of a text; no recursion, so depth costs nothing but memory."""

    def __init__(self, name: str, places: dict[Path, int] | None = None) -> None:
        self.name = name
        self.places = places
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}  # a complete value, and how many values are in it
        self.count = self.repeated = self.documents = 0
        self.root: Any = None

    def read(self, text: str) -> None:
        """Read the whole text; the value is in `root`, what is wrong with it in `problems`."""
        take = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._open_mapping,
            yaml.SequenceStartEvent: self._open_list,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.DocumentStartEvent: self._document,
        }
        self.loader = _LOADER(text)
        try:
            while self.loader.check_event():
                event = self.loader.get_event()
                if handle := take.get(type(event)):
                    handle(event, event.start_mark.line + 1)
        finally:
            self.loader.dispose()

    def _report(self, line: int, message: str, hint: str | None = None, path: Path | None = None) -> None:
        key = dotted(self._path() if path is None else path) or None
        self.problems.append(Problem(message, self.name, line, key, hint))

    def _path(self) -> Path:
        """Where the next value goes."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return top.path if top.key is None else (*top.path, top.key)

    # -- the events -----------------------------------------------------------------------------------------------

    def _document(self, _event: Any, line: int) -> None:
        self.documents += 1
        if self.documents == 2:
            self._report(line, "a second document begins here", "keep one document in a file", ())

    def _scalar(self, event: Any, line: int) -> None:
        tag = event.tag or self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        kind = "str" if tag == "!" else tag.removeprefix(_TAG)
        if self.stack and self.stack[-1].wants_key:
            self._key(event.value, kind, line)
            value: Any = event.value
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, 1)
            return
        value = event.value if kind in _TEXT else self._scalar_value(event, kind, line)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self._put(value, line)

    def _alias(self, event: Any, line: int) -> None:
        if event.anchor not in self.anchors:
            self._report(line, f"*{event.anchor} names nothing complete before it", "a value cannot hold itself")
        value, size = self.anchors.get(event.anchor, (None, 1))
        self.repeated += size
        if self.repeated > _MAX_REPEATED:
            raise _TooLarge(f"the aliases up to here stand for more than {_MAX_REPEATED:,} values", line)
        if self.stack and self.stack[-1].wants_key:
            self._key(str(value), "str" if isinstance(value, str) else "another value", line)
            return
        self.count += size - 1
        self._put(value, line)

    def _open_mapping(self, event: Any, line: int) -> None:
        self._open(event, {}, "map", line)

    def _open_list(self, event: Any, line: int) -> None:
        self._open(event, [], "seq", line)

    def _open(self, event: Any, value: Any, kind: str, line: int) -> None:
        if event.tag not in {None, "!", _TAG + kind}:
            self._refuse_tag(event.tag, line)
        if len(self.stack) >= MAX_DEPTH:
            raise _TooLarge(_TOO_DEEP, line)
        is_key = bool(self.stack) and self.stack[-1].wants_key
        if is_key:
            self._report(line, "a key must be text, not a mapping or a list")
        self.stack.append(_Open(value, self._path(), line, event.anchor, self.count, is_key=is_key))

    def _close(self, _event: Any, _line: int) -> None:
        done = self.stack.pop()
        if done.merged:
            merged = {key: value for table in reversed(done.merged) for key, value in table.items()}
            done.value = merged | done.value
        if done.anchor is not None:
            self.anchors[done.anchor] = (done.value, self.count - done.first + 1)
        if done.is_key:
            self.stack[-1].key = ""
        else:
            self._put(done.value, done.line)

    # -- keys and values ------------------------------------------------------------------------------------------

    def _key(self, key: str, kind: str, line: int) -> None:
        top = self.stack[-1]
        path = (*top.path, key)
        if kind not in _TEXT:
            message = f"the key {key} is not text but {_WORDS.get(kind, kind)}"
            self._report(line, message, f'put quotes around it: "{key}"')
        elif key in top.value and kind != "merge":
            self._report(line, "is written twice", "keep one of the two", path)
        top.key, top.is_merge = key, kind == "merge"
        if self.places is not None:
            self.places.setdefault(path, line)

    def _scalar_value(self, event: Any, kind: str, line: int) -> Any:
        if kind not in {"null", "bool", "int", "float", "timestamp"}:
            self._refuse_tag(event.tag, line)
            return None
        try:
            value = getattr(self.loader, f"construct_yaml_{kind}")(yaml.ScalarNode(_TAG + kind, event.value))
        except (ValueError, KeyError, AttributeError, OverflowError):
            text = event.value if len(event.value) <= 40 else f"{event.value[:40]}..."
            self._report(line, f"{text!r} is not {_WORDS.get(kind, kind)}", "put quotes around it if it is text")
            return None
        return value.isoformat() if isinstance(value, date) else value

    def _refuse_tag(self, tag: str, line: int) -> None:
        self._report(line, f"the tag {tag.replace(_TAG, '!!')} is not allowed", "write a plain value")

    def _put(self, value: Any, line: int) -> None:
        self.count += 1
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            if self.places is not None:
                self.places[(*top.path, len(top.value))] = line
            top.value.append(value)
            return
        if top.is_merge:
            self._merge(top, value, line)
        else:
            top.value[top.key] = value
        top.key, top.is_merge = None, False

    def _merge(self, top: _Open, value: Any, line: int) -> None:
        tables = value if isinstance(value, list) else [value]
        if all(isinstance(table, dict) for table in tables):
            top.merged.extend(tables)
        else:
            self._report(line, "merges mappings only")
