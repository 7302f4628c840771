"""A workflow template, as a list shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["TemplateSummary"]


@dataclass(frozen=True, slots=True)
class TemplateSummary:
    """What is known of a template: whose it is, and its document's `inputs` with their defaults.

    `status` is that of the extension that brings it; `problem` says what keeps it from being used.
    """

    name: str
    extension: str
    status: str
    description: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "extension": self.extension,
            "status": self.status,
            "description": self.description,
            "inputs": dict(self.inputs),
            "problem": self.problem,
        }
