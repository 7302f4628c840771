"""What one check found, as people and programs are told."""

from dataclasses import dataclass
from typing import Any

from provisioning.contract import CheckStatus

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The check's id and what it looked at, how it ended, and what was mended, where something was."""

    id: str
    summary: str
    status: CheckStatus
    message: str
    hint: str | None = None
    fixed: str | None = None

    @property
    def is_failed(self) -> bool:
        """Whether something does not work."""
        return self.status is CheckStatus.FAILED

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "id": self.id,
            "summary": self.summary,
            "status": str(self.status),
            "message": self.message,
            "hint": self.hint,
            "fixed": self.fixed,
        }
