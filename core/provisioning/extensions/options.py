"""What a user configures of an extension, checked against the JSON Schema that the manifest names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioning.dispatch import JsonSchema
from provisioning.errors import ConfigurationError, ExtensionBroken, Problem
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.reading import MANIFEST_LIMIT
from provisioning.extensions.record import ExtensionRecord
from provisioning.source import dotted, read_source

__all__ = ["Place", "checked_options", "config_problems"]

Place = Callable[[Sequence[str | int], str], Problem]
"""Makes a problem of a path inside the options and a message: with the file, the line and the whole key."""


def checked_options(
    record: ExtensionRecord, options: Mapping[str, Any], place: Place | None = None, *, subject: str | None = None
) -> dict[str, Any]:
    """Return the options with the schema's defaults filled in.

    Raises `ConfigurationError` with every problem in them; `subject` is what it calls them. Raises `ExtensionBroken`
    for a schema that is none.
    """
    schema, problems = _checked(record, options, place)
    if problems:
        raise ConfigurationError.from_problems(subject or f"the configuration of extension {record.name}", problems)
    return dict(options) if schema is None else schema.filled(options)


def config_problems(record: ExtensionRecord, options: Mapping[str, Any], place: Place | None = None) -> list[Problem]:
    """Return everything wrong with the options, nothing where the manifest names no schema."""
    return _checked(record, options, place)[1]


def _checked(
    record: ExtensionRecord, options: Mapping[str, Any], place: Place | None
) -> tuple[JsonSchema | None, list[Problem]]:
    name = record.manifest.config.schema_file
    if name is None or record.location is None:
        return None, []
    try:
        document = read_source(record.location / name, limit=MANIFEST_LIMIT).data
        schema = JsonSchema(document, extension=record.name, subject=f"configuration of extension {record.name}")
        found = schema.problems(dict(options))
    except (ConfigurationError, ExtensionBroken) as error:
        message = f"extension {record}: {error.message}"
        record.refuse(ExtensionProblem(ProblemCode.CONFIG_SCHEMA_INVALID, message, error.hint))
        raise ExtensionBroken(message, extension=record.name, hint=error.hint) from error
    return schema, [(place or _nowhere)(path, message) for path, message in found]


def _nowhere(path: Sequence[str | int], message: str) -> Problem:
    return Problem(message, key=dotted(path) or None)
