"""The result envelope: how an operation or a program in another language answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provisioning.errors import ErrorInfo

__all__ = ["Envelope", "Status"]


class Status(StrEnum):
    """How something ended."""

    SUCCESS = "success"
    """All of it was done."""
    ERROR = "error"
    """It was not done, or it was undone."""
    PARTIAL = "partial"
    """Some of it was done, and stays."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One answer: `{"status", "result": {"operation", "resources", "metadata"}, "error", "context"}`."""

    status: Status
    operation: str
    workflow_id: str | None = None
    step: str | None = None
    resources: Sequence[Mapping[str, Any]] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    error: ErrorInfo | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "status": str(self.status),
            "result": {
                "operation": self.operation,
                "resources": [dict(resource) for resource in self.resources],
                "metadata": dict(self.metadata),
            },
            "error": self.error.as_dict() if self.error else None,
            "context": {"workflow_id": self.workflow_id, "step": self.step},
        }
