"""Whether a document fits what is there: its kinds, providers, parameters and references, each looked at once."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.errors import ExtensionError, Problem, ProvisioningError
from provisioning.template import has_references
from provisioning.workflow.complaint import unknown
from provisioning.workflow.expansion import Expansion
from provisioning.workflow.nesting import NESTED_KIND
from provisioning.workflow.ports import Kind, Kinds, Providers, Roots
from provisioning.workflow.scope import PlannedOperation, Scope
from provisioning.workflow.sight import Complaint, Sight

__all__ = ["Inspection"]

_ZONE = "zone"


class Inspection:
    """Looks at each operation as it is written, once however many instances it has."""

    def __init__(self, expansion: Expansion, kinds: Kinds, providers: Providers, roots: Roots) -> None:
        self._expansion = expansion
        self._kinds = kinds
        self._providers = providers
        self._sight = Sight(roots)
        self._kind_of: dict[str, Kind | Complaint] = {}
        self._provider_trouble: dict[str, Complaint | None] = {}
        self._varying: dict[int, bool] = {}

    def problems(self) -> Iterator[Problem]:
        """Yield everything amiss, in the order of the document."""
        root = self._expansion.root
        yield from self._of_inputs(root)
        inspected: set[int] = set()
        for operation in self._expansion.operations:
            if id(operation.definition) not in inspected:
                inspected.add(id(operation.definition))
                yield from self._of(operation)
                continue
            if self._varies(operation):
                yield from self._wrong_references(operation)
            if operation.provider != operation.definition.provider:
                yield from self._provider_of_instance(operation)
        yield from self._of_outputs(root)

    def _of_inputs(self, scope: Scope) -> Iterator[Problem]:
        """An input's own value is known before the run: it reads nothing that the run brings."""
        for name, value in scope.document.inputs.items():
            for message, hint in self._sight.wrong_with_input(value):
                yield self._expansion.sources[scope.prefix].problem(["inputs", name], message, hint)

    def _of_outputs(self, scope: Scope) -> Iterator[Problem]:
        for name, value in scope.document.outputs.items():
            for message, hint in self._sight.wrong_with(value, scope, None):
                yield self._expansion.sources[scope.prefix].problem(["outputs", name], message, hint)

    def _of(self, operation: PlannedOperation) -> Iterator[Problem]:
        definition = operation.definition
        broken = list(self._wrong_references(operation))
        yield from broken
        if operation.opened is not None:
            yield from self._of_inputs(operation.opened)
            yield from self._of_outputs(operation.opened)
        kind = self._kind(definition.kind)
        if isinstance(kind, tuple):
            yield self._expansion.problem(operation, ["kind"], *kind)
        else:
            yield from self._provider(operation, kind)
            if not broken and definition.kind != NESTED_KIND:
                yield from self._parameters(operation, kind)
        if isinstance(definition.when, str) and "{{" not in definition.when:
            message = f"{definition.when!r} is no {{{{condition}}}}"
            yield self._expansion.problem(operation, ["when"], message, hint="write true, false or {{... == ...}}")

    def _wrong_references(self, operation: PlannedOperation) -> Iterator[Problem]:
        for key, value in (("parameters", _read_here(operation)), ("when", operation.definition.when)):
            for message, hint in self._sight.wrong_with(value, operation.scope, operation.each):
                yield self._expansion.problem(operation, [key], message, hint)

    def _varies(self, operation: PlannedOperation) -> bool:
        """Whether another instance of the same definition may read something else that is known before the run."""
        definition = operation.definition
        if id(definition) not in self._varying:
            self._varying[id(definition)] = self._sight.varies([_read_here(operation), definition.when])
        return self._varying[id(definition)]

    def _kind(self, name: str) -> Kind | Complaint:
        """Return the kind, or what hinders it."""
        if name not in self._kind_of:
            self._kind_of[name] = self._found_kind(name)
        return self._kind_of[name]

    def _found_kind(self, name: str) -> Kind | Complaint:
        names = self._kinds.names()
        if name not in names:
            return unknown("kind of operation", name, names), None
        try:
            return self._kinds.get(name)
        except ExtensionError as error:
            return error.message, error.hint

    def _provider_of_instance(self, operation: PlannedOperation) -> Iterator[Problem]:
        """Look at the provider that a reference names, which may be another one for each instance."""
        kind = self._kind(operation.definition.kind)
        if not isinstance(kind, tuple):
            yield from self._provider(operation, kind)

    def _provider(self, operation: PlannedOperation, kind: Kind) -> Iterator[Problem]:
        written, known = operation.provider, self._providers.names()
        if written is None:
            if operation.definition.zones is not None:
                yield self._expansion.problem(operation, ["zones"], "zones are those of a provider, and none is named")
            if kind.descriptor.needs_provider:
                message = f"{kind.descriptor.name} needs a provider; configured: {', '.join(known) or 'none'}"
                yield self._expansion.problem(operation, [], message, hint=f'add provider = "{(*known, "...")[0]}"')
        elif not kind.descriptor.needs_provider:
            message = f"{kind.descriptor.name} takes no provider"
            yield self._expansion.problem(operation, ["provider"], message, hint="take the key away")
        else:
            names = dict.fromkeys([written] if isinstance(written, str) else written)
            troubles = (self._trouble_with(name) for name in names)
            yield from (self._expansion.problem(operation, ["provider"], *one) for one in troubles if one is not None)
            yield from self._alternatives(operation, kind)

    def _alternatives(self, operation: PlannedOperation, kind: Kind) -> Iterator[Problem]:
        """Yield what is wrong with several places for one operation."""
        definition = operation.definition
        if len(set(operation.locations)) < len(operation.locations):
            key = "provider" if definition.zones is None else "zones"
            yield self._expansion.problem(operation, [key], "names the same place more than once")
        if definition.zones is None:
            return
        if not isinstance(operation.provider, str):
            message = "zones are those of one provider, and there are several"
            yield self._expansion.problem(operation, ["zones"], message, hint="give either several zones or providers")
        if _ZONE not in kind.descriptor.parameters.get("properties", {}):
            message = f"{kind.descriptor.name} takes no {_ZONE}"
            yield self._expansion.problem(operation, ["zones"], message, hint="take the key away")
        if _ZONE in definition.parameters:
            message = "zones take the place of the parameter zone, which is given as well"
            yield self._expansion.problem(operation, ["zones"], message, hint="take one of the two away")

    def _trouble_with(self, name: str) -> Complaint | None:
        if name not in self._provider_trouble:
            self._provider_trouble[name] = self._found_trouble(name)
        return self._provider_trouble[name]

    def _found_trouble(self, name: str) -> Complaint | None:
        names = self._providers.names()
        if name not in names:
            hint = f"configure it as [providers.{name}], or see `provisioning provider list`"
            return unknown("provider instance", name, names), hint
        try:
            self._providers.get(name)
        except ProvisioningError as error:
            return error.message, error.hint
        return None

    def _parameters(self, operation: PlannedOperation, kind: Kind) -> Iterator[Problem]:
        for path, message in kind.problems(operation.definition.parameters, has_references):
            yield self._expansion.problem(operation, ["parameters", *path], message)


def _read_here(operation: PlannedOperation) -> Mapping[str, Any]:
    """Return what of an operation's parameters is read where it stands."""
    parameters = operation.definition.parameters
    return {"inputs": parameters.get("inputs", {})} if operation.definition.kind == NESTED_KIND else parameters
