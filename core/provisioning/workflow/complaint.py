"""What is wrong with the shape of a document, in the words of the person who wrote it."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from provisioning.errors import ConfigurationError, Problem
from provisioning.source import Source
from provisioning.workflow.names import RULES

__all__ = ["MAX_PROBLEMS", "problems_of", "refusal", "unknown"]

MAX_PROBLEMS = 50
"""How many problems of one document are told; who has more mends these first."""

_SCHEMA_HINT = "see `provisioning schema workflow`"
_CHOICES = ("provider", "when")
"""The keys whose values may be of two types: pydantic puts the type tried behind them into the place of a mistake."""

_MUST_BE = {
    "bool_parsing": "true or false, or a {{condition}}",
    "bool_type": "true or false, or a {{condition}}",
    "dataclass_type": "a table",
    "dict_type": "a table",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "string_type": "text",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}


def refusal(name: str, problems: Sequence[Problem]) -> ConfigurationError:
    """Return one error of all problems of a document; beyond a number that a person can read, it counts the rest."""
    shown = list(problems[:MAX_PROBLEMS])
    rest = len(problems) - len(shown)
    if rest:
        shown.append(Problem(f"and {rest} more", name, hint="mend the first ones, then look again"))
    return ConfigurationError.from_problems(name, shown)


def problems_of(source: Source, found: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Iterator[Problem]:
    """Yield each of pydantic's errors as a problem with its place; one mistake is one problem.

    `keys` are all that a document may hold anywhere, for a guess at what a strange one was meant to be.
    """
    told: set[tuple[str | int, ...]] = set()
    for error in found:
        path = _place(error["loc"])
        if path not in told:
            told.add(path)
            yield _problem(source, path, error, keys)


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Say that there is no `what` of this name, and which one was probably meant."""
    near = get_close_matches(name, known, n=1)
    if near:
        return f"there is no {what} {name!r}; did you mean {near[0]!r}?"
    listing = ", ".join(sorted(known)[:20]) or "none"
    return f"there is no {what} {name!r}; there is: {listing}{', ...' if len(known) > 20 else ''}"


def _place(loc: Sequence[str | int]) -> tuple[str | int, ...]:
    is_choice = len(loc) > 3 and loc[0] == "operations" and loc[2] in _CHOICES
    return (*loc[:3], *loc[4:]) if is_choice else tuple(loc)


def _problem(source: Source, path: tuple[str | int, ...], error: Mapping[str, Any], keys: Sequence[str]) -> Problem:
    match error["type"]:
        case "extra_forbidden" | "unexpected_keyword_argument":
            near = get_close_matches(str(path[-1]), keys, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            return source.problem(path, f"unknown key {path[-1]!r}{meant}", hint=_SCHEMA_HINT)
        case "missing" | "missing_argument":
            message = f"the key {path[-1]!r} is missing"
            return source.problem(path[:-1], message, hint=_SCHEMA_HINT)
        case _:
            return source.problem(path, f"{_sentence(error)} (it is {_shown(error['input'])})")


def _sentence(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind]}"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"must be {words} {context[bound]:g}"
    match kind:
        case "literal_error":
            return f"must be {context['expected']}"
        case "string_pattern_mismatch":
            return RULES[context["pattern"]]
        case "string_too_long":
            return f"may have at most {context['max_length']} characters"
        case "string_too_short" | "too_short":
            return "may not be empty"
        case _:
            return str(error["msg"])


def _shown(value: object) -> str:
    """Show a plain value, short; what a table or a list holds is nobody's business."""
    if isinstance(value, dict | list):
        kind = "table" if isinstance(value, dict) else "list"
        return f"a {kind}" if value else f"an empty {kind}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
