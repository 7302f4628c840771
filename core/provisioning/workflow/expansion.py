"""From a document to its operations: `for_each` unrolled and nested workflows opened into one flat graph.

An instance of `web` for the key `a` is called `web.a`, an operation `db` inside a nested workflow `net` is `net.db`;
ids hold no dots of their own, so no two can meet. A nested workflow leaves a join behind, an operation of kind
`workflow` that needs all its parts and answers with their outputs. One graph means one journal, one rollback order
and one set of limits, which runs inside runs would not have (Terraform's modules do the same).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from provisioning.errors import ConfigurationError, Problem
from provisioning.source import Format, Source, read_source
from provisioning.template import has_references, references_in, resolve_value, substitute
from provisioning.workflow.document import OperationDefinition, WorkflowDocument, check_document
from provisioning.workflow.ports import Roots

__all__ = ["NESTED_KIND", "Expansion", "PlannedOperation", "Scope", "expand", "walk_owners"]

NESTED_KIND = "workflow"
MAX_DEPTH = 16
_KEY_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


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
    """One operation of the flat graph: its definition, shared between instances, and where it stands."""

    id: str
    definition: OperationDefinition
    scope: Scope
    each: Mapping[str, Any] | None = None
    opened: "Scope | None" = None

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


@dataclass(slots=True)
class Expansion:
    """What expanding gave: all operations in the order of the document, and the document with nothing left to read.

    `sources` says where each scope's document was written, by the scope's prefix.
    """

    operations: list[PlannedOperation]
    root: Scope
    document: WorkflowDocument
    sources: Mapping[str, Source]

    def problem(
        self, operation: PlannedOperation, keys: Sequence[str | int], message: str, hint: str | None = None
    ) -> Problem:
        """Return a problem with its place in the file that the operation was written in."""
        scope = operation.scope
        written = next(i for i, one in enumerate(scope.document.operations) if one is operation.definition)
        return self.sources[scope.prefix].problem(["operations", written, *keys], message, hint=hint)


def expand(document: WorkflowDocument, source: Source, roots: Roots, directory: Path) -> Expansion:
    """Unroll and open `document`; raise one `ConfigurationError` with everything that hinders it.

    `roots` are the values that are known before a run; `directory` is what the paths of nested files stand against.
    """
    walk = _Walk(roots)
    chain = (source.name,)
    root = Scope("", document, document.inputs)
    closed = walk.open(root, source, directory, chain)
    if walk.problems:
        raise ConfigurationError.from_problems(source.name, walk.problems)
    return Expansion(walk.operations, root, closed, walk.sources)


class _Walk:
    """One expansion under way: collects operations and problems over all nested documents."""

    def __init__(self, roots: Roots) -> None:
        self.roots = roots
        self.operations: list[PlannedOperation] = []
        self.problems: list[Problem] = []
        self.sources: dict[str, Source] = {}

    def open(self, scope: Scope, source: Source, directory: Path, chain: tuple[str, ...]) -> WorkflowDocument:
        """Add all operations of one document; return it with every file and every early value in it replaced."""
        closed = []
        self.sources[scope.prefix] = source
        for index, definition in enumerate(scope.document.operations):
            place = _Place(source, index, directory, chain)
            instances = self._instances(scope, definition, place)
            nested = self._nested(definition, place) if definition.kind == NESTED_KIND else None
            closed.append(self._add(scope, definition, instances, nested))
        return replace(scope.document, operations=closed)

    def _instances(self, scope: Scope, definition: OperationDefinition, place: "_Place") -> dict[str, Any] | None:
        """Return the values of `for_each` by key, or None without it."""
        if definition.for_each is None:
            return None
        try:
            return _instances(self._early(scope, definition.for_each, None))
        except ValueError as error:
            self.problems.append(place.problem("for_each", str(error)))
            return {}

    def _early(self, scope: Scope | None, value: Any, each: Mapping[str, Any] | None) -> Any:
        """Resolve a value that must be known before the run."""
        if not has_references(value):
            return value
        for _, reference in references_in(value):
            if reference.root == "operations" or (reference.root == "each" and each is None):
                raise ValueError(f"for_each must be known before the run, and {{{{{reference}}}}} is not")
        return resolve_value(value, self._early_roots(scope, each))

    def _early_roots(self, scope: Scope | None, each: Mapping[str, Any] | None) -> Callable[[str], Any]:
        def lookup(root: str) -> Any:
            if root == "each":
                return each
            if root == "inputs" and scope is not None:
                outer, outer_each = (scope.owner.scope, scope.owner.each) if scope.owner else (None, None)
                return {name: self._early(outer, value, outer_each) for name, value in scope.inputs.items()}
            return self.roots[root]

        return lookup

    def _nested(self, definition: OperationDefinition, place: "_Place") -> "_Nested | None":
        try:
            return _open_nested(definition, place)
        except ConfigurationError as error:
            self.problems.extend(error.problems or [place.problem("parameters", error.message)])
            return None

    def _add(
        self,
        scope: Scope,
        definition: OperationDefinition,
        instances: dict[str, Any] | None,
        nested: "_Nested | None",
    ) -> OperationDefinition:
        """Add the operation, or each of its instances; return the definition in its closed form."""
        name = f"{scope.prefix}{definition.id}"
        if instances is None:
            scope.groups[definition.id] = name
            return self._add_one(scope, definition, name, None, nested)
        scope.groups[definition.id] = {key: f"{name}.{key}" for key in instances}
        closed = definition
        for key, value in instances.items():
            closed = self._add_one(scope, definition, f"{name}.{key}", {"key": key, "value": value}, nested)
        return replace(closed, for_each=substitute(definition.for_each, self.roots))

    def _add_one(
        self,
        scope: Scope,
        definition: OperationDefinition,
        name: str,
        each: Mapping[str, Any] | None,
        nested: "_Nested | None",
    ) -> OperationDefinition:
        if nested is None:
            self.operations.append(PlannedOperation(name, definition, scope, each))
            return definition
        owner = PlannedOperation(name, definition, scope, each)
        inner = Scope(f"{name}.", nested.document, nested.inputs, owner)
        closed = self.open(inner, nested.source, nested.directory, nested.chain)
        self.operations.append(PlannedOperation(name, definition, scope, each, inner))
        return replace(definition, parameters={"document": closed.as_dict(), "inputs": nested.given})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one operation stands in a file."""

    source: Source
    index: int
    directory: Path
    chain: tuple[str, ...]

    def problem(self, key: str, message: str, hint: str | None = None) -> Problem:
        return self.source.problem(["operations", self.index, key], message, hint=hint)


@dataclass(frozen=True, slots=True)
class _Nested:
    """A nested document, read and checked."""

    document: WorkflowDocument
    source: Source
    directory: Path
    chain: tuple[str, ...]
    inputs: Mapping[str, Any]
    given: Mapping[str, Any]


def _open_nested(definition: OperationDefinition, place: _Place) -> _Nested:
    parameters = definition.parameters
    strangers = set(parameters) - {"file", "document", "inputs"}
    if strangers or ("file" in parameters) == ("document" in parameters):
        raise _refusal(place, 'a nested workflow takes either "file" or "document", and "inputs"')
    given = parameters.get("inputs", {})
    if not isinstance(given, Mapping):
        raise _refusal(place, '"inputs" of a nested workflow must be a table')
    source, directory, chain = _nested_source(parameters, place)
    document = check_document(source)
    unknown = sorted(set(given) - set(document.inputs))
    if unknown:
        known = ", ".join(sorted(document.inputs)) or "none"
        raise _refusal(place, f"{source.name} has no input {unknown[0]!r}; it has: {known}")
    return _Nested(document, source, directory, chain, {**document.inputs, **given}, given)


def _nested_source(parameters: Mapping[str, Any], place: _Place) -> tuple[Source, Path, tuple[str, ...]]:
    if len(place.chain) >= MAX_DEPTH:
        raise _refusal(place, f"workflows are nested deeper than {MAX_DEPTH}")
    if "document" in parameters:
        if not isinstance(parameters["document"], dict):
            raise _refusal(place, '"document" of a nested workflow must be a table')
        inline = f"{place.source.name}: operations[{place.index}].parameters.document"
        return Source(inline, Format.JSON, parameters["document"], ""), place.directory, (*place.chain, inline)
    if not isinstance(parameters["file"], str) or has_references(parameters["file"]):
        raise _refusal(place, '"file" of a nested workflow must be a path, known before the run')
    path = (place.directory / parameters["file"]).resolve()
    if str(path) in place.chain:
        circle = " -> ".join([*place.chain[place.chain.index(str(path)) :], str(path)])
        raise _refusal(place, f"the workflow nests itself: {circle}")
    return read_source(path), path.parent, (*place.chain, str(path))


def _refusal(place: _Place, message: str) -> ConfigurationError:
    return ConfigurationError(message, problems=[place.problem("parameters", message)])


def _instances(value: Any) -> dict[str, Any]:
    """Return the values of a `for_each` by key; a list's items are keys and values at once."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(_key_of(item), item) for item in value]
    else:
        raise ValueError("for_each must be a list or a table")  # noqa: TRY004 - it is the document that is wrong
    for key, _ in pairs:
        if not key or len(key) > 64 or not _KEY_LETTERS.issuperset(key):
            raise ValueError(f"for_each key {key!r} may only hold letters, digits, '_' and '-', at most 64 of them")
    return _unique(pairs)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    instances: dict[str, Any] = {}
    for key, value in pairs:
        if key in instances:
            raise ValueError(f"for_each has the key {key!r} twice")
        instances[key] = value
    return instances


def _key_of(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    raise ValueError(f"a for_each list holds texts or whole numbers, not {item!r}; use a table for other values")


def walk_owners(operation: PlannedOperation) -> Iterator[PlannedOperation]:
    """Yield the operations that nest this one, the nearest first."""
    owner = operation.scope.owner
    while owner is not None:
        yield owner
        owner = owner.scope.owner
