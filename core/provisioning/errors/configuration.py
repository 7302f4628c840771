"""Bad input: everything that is wrong with it, each with its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.errors.root import ProvisioningError

__all__ = ["ConfigurationError", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file or a value: what, and where.

    `key` is the dotted path inside the document (`operations[2].kind`), `line` counts from 1.
    """

    message: str
    file: str | None = None
    line: int | None = None
    key: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        return ": ".join(part for part in (place, self.key, self.message) if part)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what is unknown."""
        fields = {
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "key": self.key,
            "hint": self.hint,
        }
        return {name: value for name, value in fields.items() if value is not None}


class ConfigurationError(ProvisioningError):
    """Input that cannot be used: a config file, a document, a reference, an option.

    `problems` lists everything found, so that one run shows one whole list; the message counts them when there is
    more than one.
    """

    exit_code = 2
    http_status = 422

    def __init__(self, message: str, *, problems: Sequence[Problem] = (), hint: str | None = None) -> None:
        self.problems = tuple(problems)
        details = {"problems": [problem.as_dict() for problem in self.problems]} if self.problems else None
        if hint is None and len(self.problems) == 1:
            hint = self.problems[0].hint
        super().__init__(message, hint=hint, details=details)

    @classmethod
    def from_problems(cls, subject: str, problems: Sequence[Problem]) -> "ConfigurationError":
        """Make one error of all problems of `subject` (a file's name, usually)."""
        if len(problems) == 1:
            return cls(str(problems[0]), problems=problems)
        listing = "".join(f"\n  {problem}" for problem in problems)
        return cls(f"{subject} has {len(problems)} problems:{listing}", problems=problems)
