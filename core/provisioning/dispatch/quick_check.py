"""A quick yes: whether a value certainly fits a JSON Schema, without the library that knows all of it.

Most documents are right, and the library takes many times as long to say so. Only the plainest keywords are known
here; whatever is not certainly right - a wrong value, a keyword not listed - is `False`, and asked again in full.
"""

import re
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

__all__ = ["Check", "quick_check"]

Check = Callable[[Any], bool]

_ANNOTATIONS = frozenset(
    {
        *("$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "deprecated"),
        *("format", "readOnly", "writeOnly"),
    }
)
_OBJECT = frozenset({"properties", "required", "additionalProperties"})
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def quick_check(schema: Any) -> Check:
    """Return a function that is true only for values that `schema` accepts, and false where it is not sure."""
    try:
        return _compiled(schema)
    except (TypeError, ValueError, KeyError, AttributeError, re.error, RecursionError):
        return _unsure  # no schema at all; who asks in full is told so


def _sure(_value: Any) -> bool:
    return True


def _unsure(_value: Any) -> bool:
    return False


def _compiled(schema: Any) -> Check:
    if schema is True:
        return _sure
    if not isinstance(schema, Mapping) or not schema.keys() <= _ANNOTATIONS | _OBJECT | _KEYWORDS.keys():
        return _unsure
    checks = [_KEYWORDS[keyword](argument) for keyword, argument in schema.items() if keyword in _KEYWORDS]
    if not _OBJECT.isdisjoint(schema):
        checks.append(_object(schema))
    if len(checks) == 1:
        return checks[0]
    return lambda value: all(check(value) for check in checks)


def _object(schema: Mapping[str, Any]) -> Check:
    properties = {name: _compiled(part) for name, part in schema.get("properties", {}).items()}
    required = frozenset(schema.get("required", ()))
    other = _compiled(schema.get("additionalProperties", True))

    def check(value: Any) -> bool:
        if type(value) is not dict:
            return not isinstance(value, dict)
        if not required <= value.keys():
            return False
        return all(properties.get(name, other)(item) for name, item in value.items())

    return check


def _type(argument: str | Sequence[str]) -> Check:
    names = [argument] if isinstance(argument, str) else argument
    classes = tuple(kind for name in names for kind in _TYPES[name])
    return lambda value: type(value) in classes


def _enum(argument: Sequence[Any]) -> Check:
    texts = frozenset(item for item in argument if isinstance(item, str))
    return lambda value: type(value) is str and value in texts


def _any_of(argument: Sequence[Any]) -> Check:
    branches = [_compiled(branch) for branch in argument]
    return lambda value: any(branch(value) for branch in branches)


def _items(argument: Any) -> Check:
    item = _compiled(argument)
    return lambda value: all(map(item, value)) if type(value) is list else not isinstance(value, list)


def _pattern(argument: str) -> Check:
    search = re.compile(argument).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _size(kind: type[Sized], compare: Callable[[int, float], bool]) -> Callable[[Any], Check]:
    def make(argument: Any) -> Check:
        bound = _number(argument)
        return lambda value: not isinstance(value, kind) or compare(len(value), bound)

    return make


def _amount(compare: Callable[[float, float], bool]) -> Callable[[Any], Check]:
    def make(argument: Any) -> Check:
        bound = _number(argument)
        return lambda value: type(value) not in (int, float) or compare(value, bound)

    return make


def _number(argument: Any) -> float:
    if type(argument) not in (int, float):
        raise TypeError(argument)
    return argument  # type: ignore[no-any-return]


_KEYWORDS: Mapping[str, Callable[[Any], Check]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda argument: _enum([argument]),
    "anyOf": _any_of,
    "items": _items,
    "pattern": _pattern,
    "minLength": _size(str, lambda size, bound: size >= bound),
    "maxLength": _size(str, lambda size, bound: size <= bound),
    "minItems": _size(list, lambda size, bound: size >= bound),
    "maxItems": _size(list, lambda size, bound: size <= bound),
    "minProperties": _size(dict, lambda size, bound: size >= bound),
    "maxProperties": _size(dict, lambda size, bound: size <= bound),
    "minimum": _amount(lambda value, bound: value >= bound),
    "maximum": _amount(lambda value, bound: value <= bound),
    "exclusiveMinimum": _amount(lambda value, bound: value > bound),
    "exclusiveMaximum": _amount(lambda value, bound: value < bound),
}
