"""Where an operation stands: in which document, under which name, and what its references see from there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioning.workflow.document import OperationDefinition, WorkflowDocument
from provisioning.workflow.location import Location, locations_of

__all__ = ["PlannedOperation", "Scope", "walk_owners"]


@dataclass(slots=True)
class Scope:
    """The document that an operation stands in, as its references see it.

    `groups` maps each id of the document to the id of its one operation, or to its instances by key. `owner` is the
    operation that nests this document; the inputs' own references are read in the owner's scope.
    """

    prefix: str
    document: WorkflowDocument
    inputs: Mapping[str, Any]
    owner: "PlannedOperation | None" = None
    groups: dict[str, str | dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """One operation of the flat graph: its definition, shared between instances, and where it stands.

    `provider` is what its definition says, every reference resolved.
    """

    id: str
    definition: OperationDefinition
    scope: Scope
    each: Mapping[str, Any] | None = None
    opened: Scope | None = None
    provider: str | list[str] | None = None

    @property
    def locations(self) -> Sequence[Location]:
        """Where it may be carried out, in the order in which that is tried; one at least."""
        return locations_of(self.provider, self.definition.zones)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The unresolved parameters; a join's are the outputs of what it joins."""
        if self.opened is not None:
            return {"outputs": self.opened.document.outputs}
        return self.definition.parameters

    @property
    def reading_scope(self) -> Scope:
        """The scope in which its parameters' references are read."""
        return self.scope if self.opened is None else self.opened


def walk_owners(scope: Scope) -> Iterator[PlannedOperation]:
    """Yield the operations that nest a document, the nearest first."""
    owner = scope.owner
    while owner is not None:
        yield owner
        owner = owner.scope.owner
