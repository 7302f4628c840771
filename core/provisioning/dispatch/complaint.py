"""What a value lacks to fit a JSON Schema, in words for the person who wrote it.

The words name what the schema wants and never what the value is: it may be a secret.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from jsonschema import ValidationError

__all__ = ["complaints_of"]

Complaint = tuple[tuple[str | int, ...], str]

_KINDS = {
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "a table",
}


def complaints_of(error: ValidationError, above: Sequence[str | int] = ()) -> list[Complaint]:
    """Return one error of jsonschema as complaints, each with its path from the top of the value."""
    path = (*above, *error.relative_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        return list(_unknown_keys(error, path))
    if error.validator in ("anyOf", "oneOf") and error.context:
        return _from_branches(error, path)
    return [(path, _sentence(error))]


def _sentence(error: ValidationError) -> str:
    if error.validator is None:
        return "holds something that is not allowed"  # jsonschema does not say what
    say = _SENTENCES.get(str(error.validator))
    if say is None:
        return f"does not satisfy {error.validator!r} of the schema"
    return f"{_key_in_question(error)}{say(error)}"


def _key_in_question(error: ValidationError) -> str:
    """Return the words for a key that is judged itself, by `propertyNames`; nothing for a value."""
    *above, keyword = ("", "", *error.relative_schema_path)[-3:-1]
    is_name = keyword == "propertyNames" and above != ["properties"]
    return f"has the key {error.instance!r}, which " if is_name else ""


def _unknown_keys(error: ValidationError, path: tuple[str | int, ...]) -> Iterator[Complaint]:
    schema: Mapping[str, Any] = error.schema  # type: ignore[assignment]
    known = sorted(schema.get("properties", {}))
    instance: Mapping[str, Any] = error.instance  # type: ignore[assignment]
    for key in instance:
        if key not in known and not _fits_pattern(key, schema):
            yield (*path, key), f"is not known here{_meant(key, known)}"


def _fits_pattern(key: str, schema: Mapping[str, Any]) -> bool:
    return any(re.search(pattern, key) for pattern in schema.get("patternProperties", {}))


def _meant(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(key, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(known)}" if known else ""


def _from_branches(error: ValidationError, path: tuple[str | int, ...]) -> list[Complaint]:
    """Say what the one branch lacks that was meant, or what all of them want."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branch = inner.relative_schema_path[0] if inner.relative_schema_path else None  # a branch that is `false`
        branches.setdefault(branch, []).append(inner)
    of_right_type = [found for found in branches.values() if not any(_is_wrong_type(inner) for inner in found)]
    if len(of_right_type) == 1:
        return [complaint for inner in of_right_type[0] for complaint in complaints_of(inner, path)]
    if not of_right_type:
        wanted = [
            kind for found in branches.values() for inner in found if _is_wrong_type(inner) for kind in _types(inner)
        ]
        return [(path, f"must be {_any_of(wanted)}, not {_kind_of(error.instance)}")]
    return [(path, f"fits none of the {len(branches)} forms that are allowed here")]


def _is_wrong_type(error: ValidationError) -> bool:
    return error.validator == "type" and not error.relative_path


def _types(error: ValidationError) -> list[str]:
    value: Any = error.validator_value
    return [value] if isinstance(value, str) else list(value)


def _any_of(kinds: Iterable[str]) -> str:
    return _or([_KINDS[kind] for kind in dict.fromkeys(kinds)])


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return _KINDS["boolean"]
    for kind, name in ((str, "string"), (int, "integer"), (float, "number"), (list, "array"), (Mapping, "object")):
        if isinstance(value, kind):
            return _KINDS[name]
    return "null" if value is None else f"a {type(value).__name__}"


def _enum(error: ValidationError) -> str:
    allowed: Sequence[Any] = error.validator_value  # type: ignore[assignment]
    text = f"must be one of {', '.join(repr(item) for item in allowed)}"
    if isinstance(error.instance, str):
        near = get_close_matches(error.instance, [item for item in allowed if isinstance(item, str)], n=1)
        text += f"; did you mean {near[0]!r}?" if near else ""
    return text


def _required(error: ValidationError) -> str:
    wanted: Sequence[str] = error.validator_value  # type: ignore[assignment]
    # one error for each missing key, which only the message names
    return f"lacks the key {_first_named(wanted, error)!r}"


def _dependent(error: ValidationError) -> str:
    needs: Mapping[str, Sequence[str]] = error.validator_value  # type: ignore[assignment]
    key = next(key for key in needs if error.message.endswith(repr(key)))
    return f"lacks the key {_first_named(needs[key], error)!r}, which {key!r} needs"


def _first_named(keys: Iterable[str], error: ValidationError) -> str:
    return next(key for key in keys if error.message.startswith(repr(key)))


def _at_least(unit: str) -> Callable[[ValidationError], str]:
    def say(error: ValidationError) -> str:
        count: Any = error.validator_value
        return "must not be empty" if count == 1 else f"must have at least {count} {unit}"

    return say


def _with_value(words: str) -> Callable[[ValidationError], str]:
    return lambda error: words.format(error.validator_value)


_SENTENCES: Mapping[str, Callable[[ValidationError], str]] = {
    "type": lambda error: f"must be {_any_of(_types(error))}, not {_kind_of(error.instance)}",
    "required": _required,
    "enum": _enum,
    "const": lambda error: f"must be {error.validator_value!r}",
    "pattern": _with_value("must match the pattern {}"),
    "minLength": _at_least("characters"),
    "maxLength": _with_value("must have at most {} characters"),
    "minItems": _at_least("items"),
    "maxItems": _with_value("must have at most {} items"),
    "minProperties": _at_least("keys"),
    "maxProperties": _with_value("must have at most {} keys"),
    "uniqueItems": lambda _error: "must not hold the same item twice",
    "minimum": _with_value("must be {} or more"),
    "maximum": _with_value("must be {} or less"),
    "exclusiveMinimum": _with_value("must be more than {}"),
    "exclusiveMaximum": _with_value("must be less than {}"),
    "multipleOf": _with_value("must be a multiple of {}"),
    "items": lambda _error: "has more items than are allowed",
    "contains": lambda _error: "lacks an item that it must hold",
    "not": lambda _error: "is not allowed here",
    "dependentRequired": _dependent,
    "oneOf": lambda _error: "fits more than one of the forms that are allowed here",
}
