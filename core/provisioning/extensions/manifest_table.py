"""What every table of a manifest keeps to, and how a wrong value in one is told."""

from pydantic import ConfigDict, WithJsonSchema

__all__ = ["CLOSED", "Flaw", "pattern"]


CLOSED = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)
"""A table refuses keys that it does not know, and values of another type than it says."""


class Flaw(ValueError):
    """A value that is not what its key wants; `hint` says what to write."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def pattern(regex: str) -> WithJsonSchema:
    """Return what the published schema says of a text that must match a regular expression."""
    return WithJsonSchema({"type": "string", "pattern": regex})
