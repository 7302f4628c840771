"""What a user configures of an extension, checked against the JSON Schema that the manifest names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioning.dispatch import JsonSchema
from provisioning.errors import ConfigurationError, ExtensionBroken, Problem
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.reading import MANIFEST_LIMIT
from provisioning.extensions.record import ExtensionRecord
from provisioning.source import dotted, read_source

__all__ = ["Place", "checked_options", "config_problems", "schema_of", "secret_keys"]

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


def secret_keys(record: ExtensionRecord, options: Mapping[str, Any]) -> list[tuple[str | int, ...]]:
    """Return the path of each option that the schema calls a secret; none where there is no schema that can be read."""
    try:
        document = schema_of(record)
    except ConfigurationError:
        return []
    return [] if document is None else _schema(record, document).secrets(options)


def schema_of(record: ExtensionRecord) -> Mapping[str, Any] | None:
    """Return the JSON Schema that the manifest names, as it is written; None when it names none.

    Raises `ConfigurationError` when the file cannot be read.
    """
    name = None if record.declared is None else record.declared.config.schema_file
    if name is None or record.location is None:
        return None
    return read_source(record.location / name, limit=MANIFEST_LIMIT).data


def _schema(record: ExtensionRecord, document: Any) -> JsonSchema:
    return JsonSchema(document, extension=record.name, subject=f"configuration of extension {record.name}")


def _checked(
    record: ExtensionRecord, options: Mapping[str, Any], place: Place | None
) -> tuple[JsonSchema | None, list[Problem]]:
    try:
        document = schema_of(record)
        if document is None:
            return None, []
        schema = _schema(record, document)
        found = schema.problems(dict(options))
    except (ConfigurationError, ExtensionBroken) as error:
        message = f"extension {record}: {error.message}"
        record.refuse(ExtensionProblem(ProblemCode.CONFIG_SCHEMA_INVALID, message, error.hint))
        raise ExtensionBroken(message, extension=record.name, hint=error.hint) from error
    return schema, [(place or _nowhere)(path, message) for path, message in found]


def _nowhere(path: Sequence[str | int], message: str) -> Problem:
    return Problem(message, key=dotted(path) or None)
