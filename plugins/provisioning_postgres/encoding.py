"""JSON as the queue keeps it."""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["decode", "encode"]


def encode(value: Mapping[str, Any]) -> str:
    """Return the text of a JSON object; it holds no zero character, which PostgreSQL refuses."""
    return json.dumps(value, separators=(",", ":"), default=dict)


def decode(text: str) -> dict[str, Any]:
    """Read such a text back."""
    found: dict[str, Any] = json.loads(text)
    return found
