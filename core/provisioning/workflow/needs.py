"""What an operation needs: the edges that its references, its document and its place in it make."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioning.template import Reference, references_in
from provisioning.workflow.document import OperationDefinition
from provisioning.workflow.expansion import PlannedOperation, Scope, walk_owners

__all__ = ["Needs", "UnknownInstance"]


class UnknownInstance(ValueError):
    """A reference names an instance that `for_each` does not make."""


class Needs:
    """Finds edges; remembers the references of each definition, which its instances share."""

    def __init__(self) -> None:
        self._references: dict[int, tuple[Reference, ...]] = {}

    def of(self, operation: PlannedOperation) -> list[str]:
        """Return the ids of all operations that must have ended before this one, each once.

        Raises `UnknownInstance`.
        """
        needs = dict.fromkeys(self._edges(operation))
        needs.pop(operation.id, None)
        return list(needs)

    def _edges(self, operation: PlannedOperation) -> Iterator[str]:
        for one in (operation, *walk_owners(operation)):
            explicit = one.scope.document.dependencies
            if explicit:
                for name in explicit.get(one.definition.id, ()):
                    yield from _members(one.scope, name)
            if one is operation or one.definition.when is not None:
                yield from self._referenced(
                    self._written(one, conditions_only=one is not operation), one.scope, one.each
                )
        if operation.opened is not None:
            for name in operation.opened.groups:
                yield from _members(operation.opened, name)

    def _written(self, operation: PlannedOperation, *, conditions_only: bool) -> tuple[Reference, ...]:
        definition = operation.definition
        if conditions_only or operation.opened is not None:
            return tuple(reference for _, reference in references_in(definition.when))
        return self.references(definition)

    def references(self, definition: OperationDefinition) -> tuple[Reference, ...]:
        """Return all references that a definition holds."""
        found = self._references.get(id(definition))
        if found is None:
            written = (definition.parameters, definition.when)
            found = tuple(reference for value in written for _, reference in references_in(value))
            self._references[id(definition)] = found
        return found

    def _referenced(
        self, references: Iterable[Reference], scope: Scope, each: Mapping[str, Any] | None
    ) -> Iterator[str]:
        for reference in references:
            if reference.root == "operations":
                yield from _instances(reference, scope, each)
            elif reference.root == "inputs" and scope.owner is not None:
                value = scope.inputs.get(str(reference.path[0])) if reference.path else dict(scope.inputs)
                outer = [inner for _, inner in references_in(value)]
                yield from self._referenced(outer, scope.owner.scope, scope.owner.each)


def _members(scope: Scope, name: str) -> Iterable[str]:
    group = scope.groups[name]
    return (group,) if isinstance(group, str) else group.values()


def _instances(reference: Reference, scope: Scope, each: Mapping[str, Any] | None) -> Iterable[str]:
    """Return the operations that `operations.NAME...` may read: one instance when its key is known, else all."""
    name = reference.path[0] if reference.path else None
    if not isinstance(name, str):
        return [member for known in scope.groups for member in _members(scope, known)]
    group = scope.groups[name]
    if isinstance(group, str):
        return (group,)
    key = _known_key(reference, each)
    if key is None:
        return group.values()
    if key not in group:
        known = ", ".join(group) or "none"
        raise UnknownInstance(f"{{{{{reference}}}}}: {name} has no instance {key!r}; it has: {known}")
    return (group[key],)


def _known_key(reference: Reference, each: Mapping[str, Any] | None) -> str | None:
    if len(reference.path) < 2:
        return None
    step = reference.path[1]
    if isinstance(step, Reference) and step.root == "each" and each is not None and len(step.path) == 1:
        return str(each.get(str(step.path[0])))
    return step if isinstance(step, str) else None
