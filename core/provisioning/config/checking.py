"""Checking what a layer says against the settings: every mistake in it, in plain words and with its place."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from provisioning.config.layers import LayerDocument
from provisioning.config.merge import leaves, value_at
from provisioning.config.settings import Settings
from provisioning.config.surroundings import GIT_NAMES, NOW_NAMES
from provisioning.errors import Problem
from provisioning.source import Path, dotted
from provisioning.template import Reference, TemplateError, has_references, near_matches, references_in

__all__ = ["Mistake", "mistakes", "problems_of_layer"]

Mistake = tuple[Path, str, str | None]
"""Where, what, and what to do."""

_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_KINDS = (
    (bool, "true or false"),
    (str, "text"),
    (dict, "a table"),
    (list, "a list"),
)
_MUST_BE = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
}


def problems_of_layer(
    document: LayerDocument, merged: Mapping[str, Any], roots: Collection[str] | None
) -> Iterator[Problem]:
    """Yield what is wrong with one layer; `merged` is what all layers say, where references look.

    `roots` are the first names of references beside the sections. Without them references are not looked at.
    """
    found = [*mistakes(Settings, document.data), *_bad_instances(document.data.get("providers"))]
    if roots is not None:
        found += _bad_references(document.data, merged, roots)
    for path, message, hint in found:
        yield document.problem(path, message, hint)


def mistakes(model: type[BaseModel], data: Any, path: Path = (), *, is_resolved: bool = False) -> Iterator[Mistake]:
    """Yield what keeps `data`, which stands at `path`, from being a `model`.

    Unless `is_resolved`, a text with references is left out: what it will be is not known yet.
    """
    try:
        model.model_validate(data)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            if is_resolved or not _may_become_anything(item["input"]):
                place = tuple(part for part in item["loc"] if part != "[key]")
                yield (*path, *place), _message(item), _hint(model, item)


def _may_become_anything(value: Any) -> bool:
    try:
        return isinstance(value, str) and has_references(value)
    except TemplateError:
        return True  # reported as what it is


def _message(item: Mapping[str, Any]) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return "is not a known key"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"must be {words} {context[bound]:g}"
    if kind == "literal_error":
        return f"must be one of {context['expected']}"
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind]}, not {_kind(item['input'])}"
    return str(item["msg"])


def _kind(value: Any) -> str:
    return next((words for kind, words in _KINDS if isinstance(value, kind)), f"{value}")


def _hint(model: type[BaseModel], item: Mapping[str, Any]) -> str | None:
    if item["type"] == "literal_error" and isinstance(item["input"], str):
        return near_matches(item["input"], re.findall(r"'([^']*)'", item["ctx"]["expected"]))
    if item["type"] != "extra_forbidden":
        return None
    table: Any = model
    for name in item["loc"][:-1]:
        table = table.model_fields[name].annotation
    return near_matches(str(item["loc"][-1]), table.model_fields)


def _bad_instances(providers: Any) -> Iterator[Mistake]:
    for name in providers if isinstance(providers, dict) else ():
        if not _INSTANCE.fullmatch(name):
            yield ("providers", name), "is not a name for a provider instance", "use letters, digits, - and _"


def _bad_references(data: Mapping[str, Any], merged: Mapping[str, Any], roots: Collection[str]) -> Iterator[Mistake]:
    for path, value in leaves(data):
        try:
            for inner, reference in references_in(value):
                if wrong := _wrong(reference, merged, roots):
                    yield (*path, *inner), *wrong
        except TemplateError as error:
            yield (*path, *error.path), error.message, error.hint


def _wrong(reference: Reference, merged: Mapping[str, Any], roots: Collection[str]) -> tuple[str, str | None] | None:
    """Say what a reference names that cannot be there, as far as that is known without reading anything."""
    steps = [reference.root]
    for step in reference.path:
        if not isinstance(step, str):
            break
        steps.append(step)
    if reference.root in roots:
        known = {"git": GIT_NAMES, "now": NOW_NAMES}.get(reference.root)
        if known is None or len(steps) == 1 or steps[1] in known:
            return None
        return f"{{{{{reference}}}}}: {reference.root} has no {steps[1]}", near_matches(steps[1], known)
    for index, step in enumerate(steps):
        table = value_at(merged, steps[:index])
        if not isinstance(table, dict):
            return None  # a list or a text: seen when it is read
        if step not in table:
            what = f"{dotted(steps[:index])} has no {step}" if index else f"there is no {step}"
            return f"{{{{{reference}}}}}: {what}", near_matches(step, [*table, *(roots if not index else ())])
    return None
