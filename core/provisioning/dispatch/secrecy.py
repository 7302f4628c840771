"""Where in a value a JSON Schema says that a secret stands: `writeOnly: true`, or `format: "password"`.

A schema is a stranger's: what is no schema says nothing here, and a circle of references ends with the value that it
speaks of. Where several branches may be meant, each one counts: hiding too much is the smaller harm.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["secret_paths"]

_Path = tuple[str | int, ...]
_BRANCHES = ("allOf", "anyOf", "oneOf")


def secret_paths(schema: Any, value: Any) -> Iterator[_Path]:
    """Yield the path of each secret in `value`; of a list that holds some, the path of the whole list."""
    yield from _Search(schema).found(schema, value, ())


@dataclass(frozen=True, slots=True)
class _Search:
    """One walk through a schema and a value; no part of the schema is asked twice about one part of the value."""

    whole: Any
    seen: set[tuple[int, int, _Path]] = field(default_factory=set)

    def found(self, schema: Any, value: Any, path: _Path) -> Iterator[_Path]:
        key = (id(schema), id(value), path)
        if not isinstance(schema, Mapping) or key in self.seen:
            return
        self.seen.add(key)
        if schema.get("writeOnly") is True or schema.get("format") == "password":
            yield path
            return
        for branch in _branches(schema, self.whole):
            yield from self.found(branch, value, path)
        if isinstance(value, Mapping):
            for name, item in value.items():
                for part in _parts_for(schema, name):
                    yield from self.found(part, item, (*path, name))
        elif isinstance(value, list) and self._is_any_secret(schema, value, path):
            yield path

    def _is_any_secret(self, schema: Mapping[str, Any], items: list[Any], path: _Path) -> bool:
        parts = [schema.get("items"), *_listed(schema.get("prefixItems"))]
        return any(True for part in parts for item in items for _ in self.found(part, item, path))


def _branches(schema: Mapping[str, Any], whole: Any) -> Iterator[Any]:
    for keyword in _BRANCHES:
        yield from _listed(schema.get(keyword))
    for keyword in ("then", "else"):
        yield schema.get(keyword)
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        yield _referred(whole, reference)


def _referred(whole: Any, reference: str) -> Any:
    target = whole
    for step in reference.removeprefix("#").removeprefix("/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if name:
            target = target.get(name) if isinstance(target, Mapping) else None
    return target


def _parts_for(schema: Mapping[str, Any], key: str) -> Iterator[Any]:
    """Yield the schemas that speak of one key of a table."""
    named, patterns = _table(schema.get("properties")), _table(schema.get("patternProperties"))
    matching = [part for pattern, part in patterns.items() if _matches(pattern, key)]
    if key in named:
        yield named[key]
    yield from matching
    if key not in named and not matching:
        yield schema.get("additionalProperties")


def _matches(pattern: str, key: str) -> bool:
    try:
        return re.search(pattern, key) is not None
    except re.error:
        return False


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
