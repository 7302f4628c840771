"""One rule of a policy: which operations it speaks of, and whether they may run."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from provisioning.contract import Operation

__all__ = ["Rule"]

_PARAMETERS = {"sizes": "size", "zones": "zone", "images": "image", "names": "name"}
_FIELDS = ("kinds", "providers", *_PARAMETERS)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule at its place in the configuration, counted from 0 as other messages count.

    It matches an operation when each field that it names has a pattern that matches the whole of what the operation
    says there. What an operation leaves out is the empty text: `*` and the empty pattern match it.
    """

    position: int
    allows: bool
    patterns: Mapping[str, re.Pattern[str]]
    reason: str = ""

    @classmethod
    def from_options(cls, position: int, options: Mapping[str, Any]) -> "Rule":
        """Make a rule of its table in the configuration, which fits the schema."""
        patterns = {field: _any_of(options[field]) for field in _FIELDS if field in options}
        return cls(position, options["action"] == "allow", patterns, options.get("reason", ""))

    def __str__(self) -> str:
        return f"rules[{self.position}]"

    def matches(self, operation: Operation) -> bool:
        """Whether the rule speaks of this operation."""
        return all(pattern.match(_said(operation, field)) for field, pattern in self.patterns.items())


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for pattern in patterns))


def _said(operation: Operation, field: str) -> str:
    if field == "kinds":
        return operation.kind
    value = operation.provider if field == "providers" else operation.parameters.get(_PARAMETERS[field])
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)
