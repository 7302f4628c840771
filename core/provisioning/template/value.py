"""Templates inside a value: every text in tables and lists of any depth. Keys are never templates."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.template.error import TemplateError
from provisioning.template.nested import changed
from provisioning.template.reference import Lookup, Reference
from provisioning.template.substitution import substituted
from provisioning.template.template import Template, escaped_text, parse

__all__ = ["escape", "has_references", "references_in", "resolve_value", "substitute"]


def has_references(value: Any) -> bool:
    """Whether any text in `value` holds a reference; raises TemplateSyntaxError for a broken text."""
    if isinstance(value, str):
        return "{{" in value and bool(parse(value).references)
    if isinstance(value, dict):
        return any(map(has_references, value.values()))
    return isinstance(value, list) and any(map(has_references, value))


def references_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Reference]]:
    """Yield every reference in `value` with the path of the text that holds it.

    Raises TemplateSyntaxError, with its `path`, for a broken text.
    """
    if isinstance(value, str):
        if "{{" in value:
            yield from ((path, reference) for reference in _parsed_at(value, path).references)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from references_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from references_in(item, (*path, index))


def resolve_value(value: Any, lookup: Lookup) -> Any:
    """Resolve every text in `value`; what has nothing to resolve is returned as the same object.

    Raises TemplateError, with the `path` of the text inside `value`.
    """
    return changed(value, lambda text: parse(text).resolve(lookup))


def substitute(value: Any, lookup: Mapping[str, Any], *, are_templates: bool = False) -> Any:
    """Resolve the references whose root is in `lookup`, and leave the others as text to be resolved later.

    A value put in stays what it is when the rest is resolved: its own braces are escaped. With `are_templates` the
    values of `lookup` were written by the document's author as template text themselves, and their references stay
    alive. Raises TemplateError, with the `path` of the text inside `value`.
    """
    return changed(value, lambda text: substituted(text, lookup, are_templates=are_templates))


def escape(value: Any) -> Any:
    """Return `value` as template text that resolves to itself."""
    return changed(value, escaped_text)


def _parsed_at(text: str, path: tuple[str | int, ...]) -> Template:
    try:
        return parse(text)
    except TemplateError as error:
        error.path = path
        raise
