"""One option of an extension, as the schema of its configuration describes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.errors import ConfigurationError
from provisioning.extensions.options import schema_of, secret_keys
from provisioning.extensions.record import ExtensionRecord

__all__ = ["Option", "options_of"]


@dataclass(frozen=True, slots=True)
class Option:
    """What may be configured: its key, its type in JSON Schema's words, and whether it must be there or is a secret."""

    name: str
    type: str
    description: str = ""
    default: Any = None
    is_required: bool = False
    is_secret: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "type": self.type,
            "description": self.description,
            "default": self.default,
            "required": self.is_required,
            "secret": self.is_secret,
        }


def options_of(record: ExtensionRecord) -> list[Option]:
    """Return the options that the schema describes at its top; none without a schema that can be read."""
    try:
        document = schema_of(record)
    except ConfigurationError:
        return []
    return [] if document is None else list(_options(record, document))


def _options(record: ExtensionRecord, document: Mapping[str, Any]) -> Iterator[Option]:
    properties, required = document.get("properties"), document.get("required")
    names = list(properties) if isinstance(properties, Mapping) else []
    secrets = {path[0] for path in secret_keys(record, dict.fromkeys(names)) if path}
    for name in names:
        part = properties[name] if isinstance(properties, Mapping) else None
        about = part if isinstance(part, Mapping) else {}
        yield Option(
            name=name,
            type=_type(about),
            description=str(about.get("description", "")),
            default=None if name in secrets else about.get("default"),
            is_required=isinstance(required, list) and name in required,
            is_secret=name in secrets,
        )


def _type(about: Mapping[str, Any]) -> str:
    if isinstance(about.get("enum"), list):
        return " or ".join(map(str, about["enum"]))
    found = about.get("type", "any")
    return " or ".join(map(str, found)) if isinstance(found, list) else str(found)
