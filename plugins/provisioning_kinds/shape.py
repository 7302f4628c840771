"""Pieces of JSON Schema (draft 2020-12) in which the kinds say what they take and what they answer."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["ON_DOUBT", "SERVER", "SERVER_ID", "Schema", "asset", "document", "of_type", "table"]

Schema = Mapping[str, Any]


def document(properties: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    """Return the schema of a whole document: a table with these keys and no others."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **table("", properties, required)}


def table(description: str, properties: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    """Return the schema of a table with these keys and no others."""
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {**schema, "description": description} if description else schema


def of_type(kind: str | Sequence[str], description: str, **more: Any) -> Schema:
    """Return the schema of a value of one or more JSON types."""
    return {"type": kind if isinstance(kind, str) else list(kind), "description": description, **more}


SERVER_ID = of_type("string", "The server's id at its provider.", minLength=1)

ON_DOUBT = of_type(
    "string",
    "What to do when a crash leaves unknown whether it was done: do it again, or stop and tell.",
    enum=["retry", "fail"],
)

_TEXT = {"type": ["string", "null"]}
_TEXTS = {"type": "array", "items": {"type": "string"}}

SERVER = document(
    {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "state": {"type": "string"},
        "provider": _TEXT,
        "zone": _TEXT,
        "size": _TEXT,
        "image": _TEXT,
        "public_ips": _TEXTS,
        "private_ips": _TEXTS,
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "client_token": _TEXT,
        "created_at": _TEXT,
        "raw": {"type": "object"},
    },
    required=["id", "name", "state"],
)
"""The JSON form of a server, what most server kinds answer with."""


def asset(spec: Mapping[str, Schema]) -> Schema:
    """Return the schema of the JSON form of an asset, what the kinds that make one answer with."""
    mine: dict[str, Schema] = {name: {} for name in spec}
    return document(
        {
            **mine,
            "id": {"type": "string"},
            "kind": {"type": "string"},
            "name": {"type": "string"},
            "provider": _TEXT,
            "is_ready": {"type": "boolean"},
            "attached_to": _TEXT,
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "client_token": _TEXT,
            "created_at": _TEXT,
            "raw": {"type": "object"},
        },
        required=["id", "kind", "name"],
    )
