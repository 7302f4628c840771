"""Whose a resource is, as its labels say: which journal's, which run's, which operation's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

__all__ = ["Ownership"]

_INSTALLATION = "provisioning-installation"
_WORKFLOW = "provisioning-workflow"
_OPERATION = "provisioning-operation"


@dataclass(frozen=True, slots=True)
class Ownership:
    """What is put on everything that a run creates. Of a resource that was found, all but the first may be missing."""

    installation_id: str
    workflow_id: str | None
    operation_id: str | None

    def as_labels(self) -> dict[str, str]:
        """Return the labels, without what is missing."""
        named = {_INSTALLATION: self.installation_id, _WORKFLOW: self.workflow_id, _OPERATION: self.operation_id}
        return {name: value for name, value in named.items() if value is not None}

    @classmethod
    def from_labels(cls, labels: Mapping[str, str]) -> Self | None:
        """Read the labels of a resource; None when no journal ever made it."""
        if not labels.get(_INSTALLATION):
            return None
        return cls(labels[_INSTALLATION], labels.get(_WORKFLOW), labels.get(_OPERATION))
