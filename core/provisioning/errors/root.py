"""The root of the error tree, and the form in which an error travels.

An error is a value as much as an exception: it is journaled, sent over HTTP and shown to people, so each has a
stable `code` (its class name), a message that says what, which and where, and a `hint` that says what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

__all__ = ["ErrorInfo", "ProvisioningError"]


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """An error as data: what the journal keeps and an envelope carries."""

    code: str
    message: str
    hint: str | None = None
    retryable: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what is empty."""
        document: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.hint:
            document["hint"] = self.hint
        if self.retryable:
            document["retryable"] = True
        if self.details:
            document["details"] = dict(self.details)
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "ErrorInfo":
        """Read the JSON form back."""
        return cls(
            code=str(document["code"]),
            message=str(document["message"]),
            hint=document.get("hint"),
            retryable=bool(document.get("retryable", False)),
            details=document.get("details") or {},
        )


class ProvisioningError(Exception):
    """Any error that this project raises on purpose.

    `exit_code` and `http_status` are what the two faces answer with; `retryable` says whether the same call may
    succeed later with nothing changed.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    default_hint: ClassVar[str | None] = None
    default_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retryable: bool | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint if hint is not None else self.default_hint
        self.retryable = self.default_retryable if retryable is None else retryable
        self.details: dict[str, Any] = dict(details or {})

    @property
    def code(self) -> str:
        """The stable name of this error: its class's."""
        return type(self).__name__

    def info(self) -> ErrorInfo:
        """Return this error as data."""
        return ErrorInfo(self.code, self.message, self.hint, self.retryable, self.details)
