"""One thing that `doctor` looks at: whether it is as it should be, and how it is mended."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CheckResult", "CheckStatus", "HealthCheck"]


class CheckStatus(StrEnum):
    """How a check ended."""

    OK = "ok"
    """It is as it should be."""
    WARNING = "warning"
    """It works, and somebody should look at it."""
    FAILED = "failed"
    """It does not work, or could not be found out."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: `message` says what is so, `hint` what to do about it."""

    status: CheckStatus
    message: str
    hint: str | None = None

    @classmethod
    def ok(cls, message: str) -> "CheckResult":
        """It is as it should be."""
        return cls(CheckStatus.OK, message)

    @classmethod
    def warning(cls, message: str, hint: str | None = None) -> "CheckResult":
        """It works, and somebody should look at it."""
        return cls(CheckStatus.WARNING, message, hint)

    @classmethod
    def failed(cls, message: str, hint: str | None = None) -> "CheckResult":
        """It does not work."""
        return cls(CheckStatus.FAILED, message, hint)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One check of an extension.

    `id` is the name under which the manifest declares it; people see it behind the extension's own, as
    `extension.id`. `summary` says in one line what is looked at. `run` looks and changes nothing; it is called in a
    thread and given up after a time-out. `fix` mends what failed and says in one line what it did; None where nothing
    can be mended by a program. `destroys` says that `fix` takes something away for good, so that people are asked.
    """

    id: str
    summary: str
    run: Callable[[], CheckResult]
    fix: Callable[[], str] | None = None
    destroys: bool = False
