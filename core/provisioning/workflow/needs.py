"""What an operation needs: the edges that its references, its document and its place in it make."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioning.template import Reference, references_in
from provisioning.workflow.complaint import unknown
from provisioning.workflow.document import OperationDefinition
from provisioning.workflow.scope import PlannedOperation, Scope, walk_owners

__all__ = ["Needs", "UnknownInstance"]


class UnknownInstance(ValueError):
    """A reference names an instance that `for_each` does not make."""


class Needs:
    """Finds edges; remembers the references of each definition, which its instances share."""

    def __init__(self) -> None:
        self._references: dict[int, tuple[Reference, ...]] = {}

    def of(self, operation: PlannedOperation) -> list[str]:
        """Return the ids of all operations that must have ended before this one, each once.

        An operation that reads its own result needs itself, which is a circle. Raises `UnknownInstance`.
        """
        return list(dict.fromkeys(self._edges(operation)))

    def _edges(self, operation: PlannedOperation) -> Iterator[str]:
        yield from _explicit(operation)
        yield from self._read(self._own_references(operation), operation, operation.scope)
        for owner in walk_owners(operation.scope):
            yield from _explicit(owner)
            yield from self._read(_in(owner.definition.when), owner, owner.scope)
        if operation.opened is not None:
            yield from self._read(_in(operation.opened.document.outputs), operation, operation.opened)
            for name in operation.opened.groups:
                yield from _members(operation.opened, name)

    def _own_references(self, operation: PlannedOperation) -> tuple[Reference, ...]:
        """Return what an operation itself reads; a join reads the inputs that it hands in only through its parts."""
        definition = operation.definition
        return _in(definition.when) if operation.opened is not None else self._references_of(definition)

    def _references_of(self, definition: OperationDefinition) -> tuple[Reference, ...]:
        found = self._references.get(id(definition))
        if found is None:
            found = self._references[id(definition)] = (*_in(definition.parameters), *_in(definition.when))
        return found

    def _read(self, references: Iterable[Reference], operation: PlannedOperation, scope: Scope) -> Iterator[str]:
        """Yield the operations whose results are read by references that stand in a scope."""
        for reference in references:
            if reference.root == "operations":
                yield from _instances(reference, operation, scope)
            elif reference.root == "inputs" and scope.owner is not None:
                outer = _in(_read_inputs(reference, scope))
                yield from self._read(outer, scope.owner, scope.owner.scope)


def _in(value: Any) -> tuple[Reference, ...]:
    return tuple(reference for _, reference in references_in(value))


def _explicit(operation: PlannedOperation) -> Iterator[str]:
    """Yield what `dependencies` says that an operation needs."""
    dependencies = operation.scope.document.dependencies
    if dependencies:
        for name in dependencies.get(operation.definition.id, ()):
            yield from _members(operation.scope, name)


def _read_inputs(reference: Reference, scope: Scope) -> Any:
    """Return the input that a reference reads: all of them when its name is known only during the run."""
    name = reference.path[0] if reference.path else None
    return scope.inputs.get(name) if isinstance(name, str) else dict(scope.inputs)


def _members(scope: Scope, name: str) -> Iterable[str]:
    group = scope.groups[name]
    return (group,) if isinstance(group, str) else group.values()


def _instances(reference: Reference, operation: PlannedOperation, scope: Scope) -> Iterable[str]:
    """Return the operations that `operations.NAME...` may read: one instance when its key is known, else all.

    When not even the name is known before the run, it may be any other operation of the document.
    """
    name = _known_step(reference, 0, operation.each)
    if name is None:
        everything = (member for known in scope.groups for member in _members(scope, known))
        return [member for member in everything if member != operation.id]
    if name not in scope.groups:
        raise UnknownInstance(f"{{{{{reference}}}}}: {unknown('operation', name, list(scope.groups))}")
    group = scope.groups[name]
    if isinstance(group, str):
        return (group,)
    key = _known_step(reference, 1, operation.each)
    if key is None:
        return group.values()
    if key not in group:
        known = ", ".join(group) or "none"
        raise UnknownInstance(f"{{{{{reference}}}}}: {name} has no instance {key!r}; it has: {known}")
    return (group[key],)


def _known_step(reference: Reference, index: int, each: Mapping[str, Any] | None) -> str | None:
    """Return a step of a reference, where it is known before the run: written, or read from `each`."""
    step = reference.path[index] if index < len(reference.path) else None
    if isinstance(step, Reference) and step.root == "each" and each is not None and len(step.path) == 1:
        step = each.get(str(step.path[0]))
    return step if isinstance(step, str) else None
