"""Whether a document fits what is there: its kinds, providers, parameters and references, each looked at once."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from provisioning.errors import ExtensionError, Problem, ProvisioningError
from provisioning.template import Reference, has_references, references_in, resolve_value
from provisioning.workflow.expansion import NESTED_KIND, Expansion, PlannedOperation, Scope
from provisioning.workflow.ports import Kind, Kinds, Providers, Roots

__all__ = ["Inspection"]

RUN_ROOTS = ("operations", "inputs", "each", "workflow")


class Inspection:
    """Looks at each operation as it is written, once however many instances it has."""

    def __init__(self, expansion: Expansion, kinds: Kinds, providers: Providers, roots: Roots) -> None:
        self._expansion = expansion
        self._kinds = kinds
        self._providers = providers
        self._roots = roots
        self._kind_of: dict[str, Kind | str] = {}
        self._provider_trouble: dict[str, str | None] = {}

    def problems(self) -> Iterator[Problem]:
        """Yield everything amiss, in the order of the document."""
        seen: set[int] = set()
        for operation in self._expansion.operations:
            if id(operation.definition) not in seen:
                seen.add(id(operation.definition))
                yield from self._of(operation)
        for name, value in self._expansion.root.document.outputs.items():
            for message in self._references(value, self._expansion.root, in_each=False):
                yield self._expansion.sources[""].problem(["outputs", name], message)

    def _of(self, operation: PlannedOperation) -> Iterator[Problem]:
        definition = operation.definition
        broken = list(self._wrong_references(operation))
        yield from broken
        kind = self._kind(definition.kind)
        if isinstance(kind, str):
            yield self._expansion.problem(operation, ["kind"], kind)
        else:
            yield from self._provider(operation, kind)
            if not broken:
                yield from self._parameters(operation, kind)
        if isinstance(definition.when, str) and "{{" not in definition.when:
            yield self._expansion.problem(operation, ["when"], f"{definition.when!r} is no {{{{condition}}}}")

    def _wrong_references(self, operation: PlannedOperation) -> Iterator[Problem]:
        in_each = operation.each is not None
        for key, value in (("parameters", self._read_here(operation)), ("when", operation.definition.when)):
            for message in self._references(value, operation.scope, in_each=in_each):
                yield self._expansion.problem(operation, [key], message)
        if operation.opened is not None:
            for message in self._references(operation.opened.document.outputs, operation.opened, in_each=False):
                yield self._expansion.problem(operation, [], f"outputs: {message}")

    def _read_here(self, operation: PlannedOperation) -> Mapping[str, Any]:
        if operation.definition.kind == NESTED_KIND:
            return {"inputs": operation.definition.parameters.get("inputs", {})}
        return operation.definition.parameters

    def _kind(self, name: str) -> Kind | str:
        """Return the kind, or what hinders it."""
        if name not in self._kind_of:
            self._kind_of[name] = self._found_kind(name)
        return self._kind_of[name]

    def _found_kind(self, name: str) -> Kind | str:
        names = self._kinds.names()
        if name not in names:
            return _unknown("kind of operation", name, names)
        try:
            return self._kinds.get(name)
        except ExtensionError as error:
            return error.message

    def _provider(self, operation: PlannedOperation, kind: Kind) -> Iterator[Problem]:
        name = operation.definition.provider
        known = ", ".join(self._providers.names()) or "none"
        if name is None:
            if kind.descriptor.needs_provider:
                message = f"{kind.descriptor.name} needs a provider; configured: {known}"
                yield self._expansion.problem(operation, [], message, hint='add provider = "..."')
        elif not kind.descriptor.needs_provider:
            yield self._expansion.problem(operation, ["provider"], f"{kind.descriptor.name} takes no provider")
        else:
            trouble = self._trouble_with(name)
            if trouble is not None:
                hint = f"configure it as [providers.{name}], or see `provisioning provider list`"
                yield self._expansion.problem(operation, ["provider"], trouble, hint=hint)

    def _trouble_with(self, name: str) -> str | None:
        if name not in self._provider_trouble:
            self._provider_trouble[name] = self._found_trouble(name)
        return self._provider_trouble[name]

    def _found_trouble(self, name: str) -> str | None:
        names = self._providers.names()
        if name not in names:
            return _unknown("provider instance", name, names)
        try:
            self._providers.get(name)
        except ProvisioningError as error:
            return error.message
        return None

    def _parameters(self, operation: PlannedOperation, kind: Kind) -> Iterator[Problem]:
        if operation.definition.kind == NESTED_KIND:
            return
        for path, message in kind.problems(operation.definition.parameters, has_references):
            yield self._expansion.problem(operation, ["parameters", *path], message)

    def _references(self, value: Any, scope: Scope, *, in_each: bool) -> Iterator[str]:
        """Yield what is wrong with each reference in a value."""
        try:
            references = [reference for _, reference in references_in(value)]
        except ValueError as error:
            yield str(error)
            return
        for reference in references:
            message = self._wrong_with(reference, scope, in_each=in_each)
            if message is not None:
                yield message

    def _wrong_with(self, reference: Reference, scope: Scope, *, in_each: bool) -> str | None:
        shown, first = f"{{{{{reference}}}}}", reference.path[0] if reference.path else None
        if reference.root == "operations":
            if not isinstance(first, str) or first in scope.groups:
                return None
            return f"{shown}: {_unknown('operation', first, list(scope.groups))}"
        if reference.root == "inputs":
            if not isinstance(first, str) or first in scope.inputs:
                return None
            return f"{shown}: {_unknown('input', first, list(scope.inputs))}"
        if reference.root == "each":
            return None if in_each else f"{shown} stands in an operation without for_each"
        if reference.root == "workflow":
            return None if first in ("id", "name") else f"{shown}: workflow has only id and name"
        return self._wrong_root(reference, shown)

    def _wrong_root(self, reference: Reference, shown: str) -> str | None:
        if reference.root not in self._roots:
            return f"{shown}: {_unknown('root', reference.root, [*RUN_ROOTS, *self._roots])}"
        if any(isinstance(step, Reference) for step in reference.path):
            return None
        try:
            resolve_value(shown, self._roots)
        except ProvisioningError as error:
            return error.message
        except ValueError as error:
            return str(error)
        return None


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"there is no {what} {name!r}; did you mean {near[0]!r}?"
    listing = ", ".join(sorted(known)[:20]) or "none"
    return f"there is no {what} {name!r}; there is: {listing}"
