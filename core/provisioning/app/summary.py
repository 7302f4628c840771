"""A configured provider instance, as a list shows it."""

from dataclasses import dataclass
from typing import Any

__all__ = ["ProviderSummary"]


@dataclass(frozen=True, slots=True)
class ProviderSummary:
    """What is known of a provider instance without importing it.

    `status` is that of the extension that brings its type, or `missing`; `problem` says what keeps it from being used.
    """

    name: str
    type: str
    version: str | None
    status: str
    capabilities: tuple[str, ...] = ()
    problem: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "type": self.type,
            "version": self.version,
            "status": self.status,
            "capabilities": list(self.capabilities),
            "problem": self.problem,
        }
