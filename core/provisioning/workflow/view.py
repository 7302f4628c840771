"""What `{{references}}` stand for, seen from one operation when its turn has come."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioning.errors import OperationFailed
from provisioning.template import resolve_value
from provisioning.workflow.expansion import PlannedOperation, Scope, walk_owners
from provisioning.workflow.ports import Roots

__all__ = ["View"]

Results = Callable[[str], Mapping[str, Any] | None]


class View:
    """Resolves parameters and conditions; `results` gives an operation's result by its id (None: it has none)."""

    def __init__(self, roots: Roots, results: Results, workflow: Mapping[str, str]) -> None:
        self._roots = roots
        self._results = results
        self._workflow = workflow

    def parameters(self, operation: PlannedOperation) -> Mapping[str, Any]:
        """Return the operation's parameters with every reference resolved."""
        lookup = self._lookup(operation.reading_scope, operation.each)
        resolved: Mapping[str, Any] = resolve_value(operation.parameters, lookup)
        return resolved

    def outputs(self, root: Scope) -> Mapping[str, Any]:
        """Return the outputs of the whole workflow."""
        resolved: Mapping[str, Any] = resolve_value(root.document.outputs, self._lookup(root, None))
        return resolved

    def is_wanted(self, operation: PlannedOperation) -> bool:
        """Whether the operation's own condition holds, and that of every workflow that nests it."""
        return all(self._holds(one) for one in (operation, *walk_owners(operation)))

    def _holds(self, operation: PlannedOperation) -> bool:
        condition = operation.definition.when
        if condition is None or isinstance(condition, bool):
            return condition is not False
        value = resolve_value(condition, self._lookup(operation.scope, operation.each))
        if not isinstance(value, bool):
            raise OperationFailed(
                f"the condition of {operation.id} is neither true nor false: {condition} is {value!r}",
                hint="compare it: {{... == ...}}",
            )
        return value

    def _lookup(self, scope: Scope, each: Mapping[str, Any] | None) -> Callable[[str], Any]:
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
