"""A guard's answer to whether an operation may run."""

from dataclasses import dataclass

__all__ = ["Decision"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Allow or deny one operation; `reason` is for the person who asked for it."""

    allowed: bool
    reason: str = ""

    @classmethod
    def allow(cls) -> "Decision":
        """Let the operation run, as far as this guard is concerned."""
        return cls(allowed=True)

    @classmethod
    def deny(cls, reason: str) -> "Decision":
        """Refuse the operation."""
        return cls(allowed=False, reason=reason)
