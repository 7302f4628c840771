"""A reference: the name of a value, and the steps that lead into it."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, Union

from provisioning.template.error import UnknownReference, UnusableValue, near_matches

__all__ = ["STAR", "Lookup", "PathReader", "Reference", "Step"]

Lookup = Mapping[str, Any] | Callable[[str], Any]
"""Where the first name of a reference is looked up; a callable raises KeyError for a name it does not know."""


class _Star(Enum):
    STAR = "*"


STAR: Final = _Star.STAR
"""The step `[*]`: every value of a list or a table."""

Step = Union[str, int, "Reference", Literal[_Star.STAR]]
"""One step into a value: a name, a position, a reference that gives one of them, or STAR."""


class PathReader(ABC):
    """What a root may stand for that is asked for a whole path at once, where a table is followed step by step."""

    @abstractmethod
    def read(self, path: Sequence[str | int], reference: str) -> Any:
        """Return the value at a path, of the reference that is written so; raises TemplateError."""


_NAME = re.compile(r"\w[\w-]*")


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: `operations.db.result.ips[0]` has the root `operations` and four steps in its path."""

    root: str
    path: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return self.root + "".join(map(_written, self.path))

    def walk(self) -> Iterator["Reference"]:
        """Yield this reference and those in its path."""
        yield self
        for step in self.path:
            if isinstance(step, Reference):
                yield from step.walk()

    def resolve(self, lookup: Lookup) -> Any:
        """Return the value that this names.

        Only names of tables and positions in lists are followed, never attributes. Raises UnknownReference for what
        is not there. Tables of any kind come back as dicts.
        """
        try:
            value = lookup(self.root) if callable(lookup) else lookup[self.root]
        except KeyError:
            known = () if callable(lookup) else lookup
            raise UnknownReference(
                f"{{{{{self}}}}}: there is no {self.root}",
                reference=str(self),
                hint=near_matches(self.root, known),
            ) from None
        if isinstance(value, PathReader):
            return value.read([self._key_of_path(step, lookup) for step in self.path], str(self))
        return _as_data(self._follow(value, 0, lookup))

    def _follow(self, value: Any, start: int, lookup: Lookup) -> Any:
        for index in range(start, len(self.path)):
            step = self.path[index]
            if step is STAR:
                return [self._follow(item, index + 1, lookup) for item in self._items(value, index)]
            value = self._step(value, self._key(step, lookup), index)
        return value

    def _key_of_path(self, step: Step, lookup: Lookup) -> str | int:
        if step is STAR:
            raise UnusableValue(
                f"{{{{{self}}}}}: [*] cannot stand here, as there is no list of all that {self.root} can be asked for",
                reference=str(self),
            )
        return self._key(step, lookup)

    def _key(self, step: "str | int | Reference", lookup: Lookup) -> str | int:
        if not isinstance(step, Reference):
            return step
        key = step.resolve(lookup)
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise UnusableValue(
                f"{{{{{self}}}}}: {step} is {_kind(key)}, and only text or a whole number can stand in brackets",
                reference=str(self),
            )
        return key

    def _step(self, value: Any, key: str | int, index: int) -> Any:
        if isinstance(value, Mapping) and isinstance(key, str):
            try:
                return value[key]
            except KeyError:
                raise self._unknown(index, f"has no {key}", near_matches(key, value)) from None
        if _is_list(value) and isinstance(key, int):
            if -len(value) <= key < len(value):
                return value[key]
            count = "1 item" if len(value) == 1 else f"{len(value)} items"
            raise self._unknown(index, f"has {count}, and no [{key}]", "positions count from 0")
        hint = "write a position: [0]" if _is_list(value) else None
        raise self._unknown(index, f"is {_kind(value)}, and has no {_written(key).removeprefix('.')}", hint)

    def _items(self, value: Any, index: int) -> list[Any]:
        if isinstance(value, Mapping):
            return list(value.values())
        if _is_list(value):
            return list(value)
        raise self._unknown(index, f"is {_kind(value)}, and [*] needs a list or a table", None)

    def _unknown(self, index: int, what: str, hint: str | None) -> UnknownReference:
        known = Reference(self.root, self.path[:index])
        return UnknownReference(f"{{{{{self}}}}}: {known} {what}", reference=str(self), hint=hint)


def _written(step: Step) -> str:
    if isinstance(step, str):
        return f".{step}" if _NAME.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"
    return f"[{step.value if isinstance(step, _Star) else step}]"


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if _is_list(value):
        return "a list"
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true or false"
    return "text" if isinstance(value, str) else "a number"


def _as_data(value: Any) -> Any:
    """Turn tables that are read as they are asked for into plain ones."""
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return {key: _as_data(value[key]) for key in value}
    return value
