"""A policy: rules in their order, of which the first one that matches decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.contract import Decision, Operation

from .rule import Rule

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules, what becomes of an operation that none of them matches, and the bound on servers (None: no bound)."""

    rules: Sequence[Rule] = ()
    allows_by_default: bool = True
    max_servers: int | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "Policy":
        """Make a policy of the extension's options, which fit the schema and have its defaults."""
        rules = tuple(Rule.from_options(position, rule) for position, rule in enumerate(options["rules"]))
        return cls(rules, options["default"] == "allow", options.get("max_servers"))

    def decide(self, operation: Operation) -> Decision:
        """Allow or deny one operation by the rules alone."""
        for rule in self.rules:
            if rule.matches(operation):
                return Decision.allow() if rule.allows else Decision.deny(_reason(rule))
        if self.allows_by_default:
            return Decision.allow()
        return Decision.deny("no rule allows it, and what no rule allows is denied")


def _reason(rule: Rule) -> str:
    return f"{rule} denies it: {rule.reason}" if rule.reason else f"{rule} denies it"
