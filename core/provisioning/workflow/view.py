"""What `{{references}}` stand for, seen from one operation when its turn has come."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioning.errors import OperationFailed
from provisioning.source import dotted
from provisioning.template import Lookup, TemplateError, references_in, resolve_value
from provisioning.workflow.ports import Roots
from provisioning.workflow.scope import PlannedOperation, Scope, walk_owners

__all__ = ["View"]

Results = Callable[[str], Mapping[str, Any] | None]


class View:
    """Resolves parameters and conditions; `results` gives an operation's result by its id (None: it has none).

    What cannot be resolved is an `OperationFailed` that names the operation, the key and the reference.
    """

    def __init__(self, roots: Roots, results: Results, workflow: Mapping[str, str]) -> None:
        self._roots = roots
        self._results = results
        self._workflow = workflow

    def parameters(self, operation: PlannedOperation) -> Mapping[str, Any]:
        """Return the operation's parameters with every reference resolved."""
        resolved: Mapping[str, Any] = self._read(
            operation, operation.parameters, operation.reading_scope, ("parameters",)
        )
        return resolved

    def outputs(self, root: Scope) -> Mapping[str, Any]:
        """Return the outputs of the whole workflow."""
        try:
            resolved: Mapping[str, Any] = resolve_value(root.document.outputs, self._lookup(root, None))
        except TemplateError as error:
            hint = self._skipped(root.document.outputs, root, error) or error.hint
            place = dotted(("outputs", *error.path))
            raise OperationFailed(f"{place} cannot be read: {error.message}", hint=hint) from error
        return resolved

    def is_wanted(self, operation: PlannedOperation) -> bool:
        """Whether the condition of every workflow that nests the operation holds, the outermost first, and its own.

        Where an outer one is false, an inner one is not looked at: what it reads was skipped, too.
        """
        owners = list(walk_owners(operation.scope))
        return all(map(self._holds, (*reversed(owners), operation)))

    def _holds(self, operation: PlannedOperation) -> bool:
        condition = operation.definition.when
        if condition is None or isinstance(condition, bool):
            return condition is not False
        value = self._read(operation, condition, operation.scope, ("when",))
        if not isinstance(value, bool):
            raise OperationFailed(
                f"operation {operation.id}: its condition is neither true nor false: {condition} is {value!r}",
                hint="compare it: {{... == ...}}",
            )
        return value

    def _read(self, operation: PlannedOperation, value: Any, scope: Scope, place: tuple[str, ...]) -> Any:
        try:
            return resolve_value(value, self._lookup(scope, operation.each))
        except TemplateError as error:
            hint = self._skipped(value, scope, error) or error.hint
            where = dotted((*place, *error.path))
            raise OperationFailed(f"operation {operation.id}: {where}: {error.message}", hint=hint) from error

    def _skipped(self, value: Any, scope: Scope, error: TemplateError) -> str | None:
        """Say that what a broken reference reads was skipped, where this is so."""
        for _, reference in references_in(value):
            name = reference.path[0] if reference.path else None
            if reference.root == "operations" and str(reference) == error.reference and isinstance(name, str):
                group = scope.groups.get(name)
                if isinstance(group, str) and self._results(group) is None:
                    return f"operation {group} was skipped and has no result; give this one the same `when`"
        return None

    def _lookup(self, scope: Scope, each: Mapping[str, Any] | None) -> Lookup:
        def lookup(root: str) -> Any:
            if root == "operations":
                return _Operations(scope, self._results)
            if root == "inputs":
                return _Inputs(scope, self)
            if root == "each" and each is not None:
                return each
            return self._workflow if root == "workflow" else self._roots[root]

        return lookup

    def input(self, scope: Scope, name: str) -> Any:
        """Return one input of a document: what its owner hands it, read where the owner stands."""
        value = scope.inputs[name]
        if scope.owner is None:
            return resolve_value(value, self._roots)
        return resolve_value(value, self._lookup(scope.owner.scope, scope.owner.each))


class _Operations(Mapping[str, Any]):
    """`operations`: each operation of a document by its own id, an unrolled one by id and key."""

    def __init__(self, scope: Scope, results: Results) -> None:
        self._scope = scope
        self._results = results

    def __getitem__(self, name: str) -> Any:
        group = self._scope.groups[name]
        if isinstance(group, str):
            return self._one(group)
        return {key: self._one(operation_id) for key, operation_id in group.items()}

    def _one(self, operation_id: str) -> Mapping[str, Any]:
        return {"id": operation_id, "result": self._results(operation_id)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope.groups)

    def __len__(self) -> int:
        return len(self._scope.groups)


class _Inputs(Mapping[str, Any]):
    """`inputs`: the values handed to a document, each resolved when it is read."""

    def __init__(self, scope: Scope, view: View) -> None:
        self._scope = scope
        self._view = view

    def __getitem__(self, name: str) -> Any:
        return self._view.input(self._scope, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope.inputs)

    def __len__(self) -> int:
        return len(self._scope.inputs)
