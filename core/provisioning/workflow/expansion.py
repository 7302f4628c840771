"""From a document to its operations: `for_each` unrolled and nested workflows opened into one flat graph.

An instance of `web` for the key `a` is called `web.a`, an operation `db` inside a nested workflow `net` is `net.db`;
ids hold no dots of their own, so no two can meet. A nested workflow leaves a join behind, an operation of kind
`workflow` that needs all its parts and answers with their outputs. One graph means one journal, one rollback order
and one set of limits, which runs inside runs would not have (Terraform's modules do the same).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from provisioning.errors import ConfigurationError, Problem, ProvisioningError
from provisioning.source import Source
from provisioning.workflow.complaint import refusal
from provisioning.workflow.document import OperationDefinition, WorkflowDocument
from provisioning.workflow.instances import (
    MAX_OPERATIONS,
    closed_for_each,
    closed_provider,
    instances_of,
    provider_of,
    values_for_each,
)
from provisioning.workflow.nesting import NESTED_KIND, Nested, Nesting, Place
from provisioning.workflow.ports import Redact, Roots
from provisioning.workflow.scope import PlannedOperation, Scope

__all__ = ["MAX_OPERATIONS", "Expansion", "expand"]


@dataclass(slots=True)
class Expansion:
    """What expanding gave: all operations in the order of the document, and the document with nothing left to read.

    `sources` says where each scope's document was written, by the scope's prefix.
    """

    operations: list[PlannedOperation]
    root: Scope
    document: WorkflowDocument
    sources: Mapping[str, Source]
    _written: dict[int, int] = field(default_factory=dict)

    def problem(
        self, operation: PlannedOperation, keys: Sequence[str | int], message: str, hint: str | None = None
    ) -> Problem:
        """Return a problem with its place in the file that the operation was written in."""
        source = self.sources[operation.scope.prefix]
        return source.problem(["operations", self._index_of(operation), *keys], message, hint=hint)

    def _index_of(self, operation: PlannedOperation) -> int:
        """Return the place of the operation's definition among those of its document."""
        if id(operation.definition) not in self._written:
            definitions = operation.scope.document.operations
            self._written.update((id(definition), index) for index, definition in enumerate(definitions))
        return self._written[id(operation.definition)]


def expand(
    document: WorkflowDocument, source: Source, roots: Roots, directory: Path, redact: Redact = str
) -> Expansion:
    """Unroll and open `document`; raise one `ConfigurationError` with everything that hinders it.

    `roots` are the values that are known before a run; `directory` is what the paths of nested files stand against;
    `redact` knows the secrets, which can name no operation.
    """
    walk = _Walk(roots, source.name, redact)
    root = Scope("", document, document.inputs)
    closed = walk.open(root, source, directory, (source.name,))
    if walk.problems:
        raise refusal(source.name, list(dict.fromkeys(walk.problems)))
    return Expansion(walk.operations, root, closed, walk.sources)


class _Walk:
    """One expansion under way: collects operations and problems over all nested documents."""

    def __init__(self, roots: Roots, name: str, redact: Redact) -> None:
        self.roots = roots
        self.redact = redact
        self.name = name
        self.nesting = Nesting()
        self.operations: list[PlannedOperation] = []
        self.problems: list[Problem] = []
        self.sources: dict[str, Source] = {}

    def open(self, scope: Scope, source: Source, directory: Path, chain: tuple[str, ...]) -> WorkflowDocument:
        """Add all operations of one document; return it with every file and every early value in it replaced."""
        closed = []
        self.sources[scope.prefix] = source
        for index, definition in enumerate(scope.document.operations):
            place = Place(source, index, directory, chain)
            nested = self._nested(definition, place) if definition.kind == NESTED_KIND else None
            if definition.for_each is None:
                closed.append(self._add_one(scope, definition, nested, place))
            else:
                closed.append(self._add_each(scope, definition, nested, place))
        return replace(scope.document, operations=closed)

    def _nested(self, definition: OperationDefinition, place: Place) -> Nested | None:
        try:
            return self.nesting.open(definition, place)
        except ConfigurationError as error:
            self.problems.extend(error.problems or [place.problem("parameters", error.message, error.hint)])
            return None

    def _add_one(
        self, scope: Scope, definition: OperationDefinition, nested: Nested | None, place: Place
    ) -> OperationDefinition:
        """Add an operation without `for_each`; return its definition in its closed form."""
        name = f"{scope.prefix}{definition.id}"
        scope.groups[definition.id] = name
        return self._add(scope, definition, name, None, nested, place)

    def _add_each(
        self, scope: Scope, definition: OperationDefinition, nested: Nested | None, place: Place
    ) -> OperationDefinition:
        """Add one operation for each value of its `for_each`; return the definition in its closed form."""
        try:
            value = values_for_each(definition.for_each, scope, self.roots)
            instances = instances_of(value)
            self._refuse_secrets(instances)
        except (ValueError, ProvisioningError) as error:
            self.problems.append(place.problem("for_each", str(error), getattr(error, "hint", None)))
            scope.groups[definition.id] = {}
            return definition
        name = f"{scope.prefix}{definition.id}"
        scope.groups[definition.id] = {key: f"{name}.{key}" for key in instances}
        closed = definition if nested is None else _with_document(definition, nested.document, nested)
        for key, item in instances.items():
            closed = self._add(scope, definition, f"{name}.{key}", {"key": key, "value": item}, nested, place)
        return replace(closed, for_each=closed_for_each(definition.for_each, value, scope))

    def _refuse_secrets(self, keys: Iterable[str]) -> None:
        for number, key in enumerate(keys, start=1):
            if self.redact(key) != key:
                raise ValueError(
                    f"key {number} of for_each is a secret, and names an operation in the journal and for people;"
                    " use a table, whose values may be secrets"
                )

    def _add(
        self,
        scope: Scope,
        definition: OperationDefinition,
        name: str,
        each: Mapping[str, Any] | None,
        nested: Nested | None,
        place: Place,
    ) -> OperationDefinition:
        if len(self.operations) >= MAX_OPERATIONS:
            raise self._too_many()
        if nested is None:
            provider = self._provider(definition, scope, each, place)
            self.operations.append(PlannedOperation(name, definition, scope, each, provider=provider))
            if provider == definition.provider:
                return definition
            return replace(definition, provider=closed_provider(definition.provider, provider, scope))
        owner = PlannedOperation(name, definition, scope, each)
        inner = Scope(f"{name}.", nested.document, nested.inputs, owner)
        closed = self.open(inner, nested.source, nested.directory, nested.chain)
        self.operations.append(PlannedOperation(name, definition, scope, each, inner, definition.provider))
        return _with_document(definition, closed, nested)

    def _provider(
        self, definition: OperationDefinition, scope: Scope, each: Mapping[str, Any] | None, place: Place
    ) -> str | list[str] | None:
        try:
            return provider_of(definition.provider, scope, each, self.roots)
        except (ValueError, ProvisioningError) as error:
            self.problems.append(place.problem("provider", str(error), getattr(error, "hint", None)))
            return definition.provider

    def _too_many(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self.name}: makes more than {MAX_OPERATIONS:,} operations",
            hint="look at its for_each and at the workflows it nests, or make several runs of it",
        )


def _with_document(definition: OperationDefinition, document: WorkflowDocument, nested: Nested) -> OperationDefinition:
    """Return a nested workflow's definition with its document in the place of the file."""
    return replace(definition, parameters={"document": document.as_dict(), "inputs": nested.given})
