"""The workflow document: what a person or a program writes, checked as a whole.

A document is read once, every problem in it is reported together with its place, and from then on it is frozen.
Its canonical form (`as_dict`) is what the journal keeps: a resumed run never looks at the file again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError, WithJsonSchema

from provisioning.errors import Problem
from provisioning.source import Format, Source
from provisioning.workflow.complaint import problems_of, refusal, unknown
from provisioning.workflow.names import LONGEST_WORKFLOW_ID, OPERATION_ID, POOL, WORKFLOW_ID

__all__ = [
    "DocumentConfiguration",
    "OnFailure",
    "OperationDefinition",
    "RetryDefinition",
    "WorkflowDocument",
    "check_document",
    "check_overrides",
    "document_schema",
]

OnFailure = Literal["rollback", "stop", "continue"]
OperationId = Annotated[str, Field(pattern=OPERATION_ID, max_length=64)]
WorkflowId = Annotated[str, Field(pattern=WORKFLOW_ID, max_length=LONGEST_WORKFLOW_ID)]
Seconds = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
Alternatives = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=100)]
OneOrSeveral = Annotated[
    Annotated[str, Tag("one")] | Annotated[Alternatives, Tag("several")],
    Discriminator(lambda value: "several" if isinstance(value, list) else "one"),
]
Pool = Annotated[str, Field(pattern=POOL, max_length=40)]
ForEach = Annotated[
    Any,
    WithJsonSchema(
        {"anyOf": [{"type": "array"}, {"type": "object"}, {"type": "integer"}, {"type": "string"}, {"type": "null"}]}
    ),
]

_CLOSED = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class RetryDefinition:
    """How often and how patiently a failed attempt is repeated; what is left out comes from the configuration."""

    __pydantic_config__ = _CLOSED

    attempts: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    initial_delay: Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)] | None = None
    factor: Annotated[float, Field(ge=1, strict=True, allow_inf_nan=False)] | None = None
    max_delay: Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)] | None = None
    jitter: Annotated[float, Field(ge=0, le=1, strict=True)] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what was given."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class OperationDefinition:
    """One operation as it is written, before `for_each` makes several of it.

    `timeout` is in seconds, over all attempts. `timeout`, `retry` and `on_failure` of a nested workflow are said of
    each of its operations. `when` is a truth value or a `{{condition}}`. `for_each` is a list,
    a table, a whole number (from 1 to it), or a reference to one of these; it and `provider` are known before the run.
    `provider` may be several instances, and `zones` several zones of one: where one has no room
    (`CapacityUnavailable`), the next is tried. `pool` is whose workers carry it out, where there are workers; the
    provider instance's own when left out, and said of a nested workflow it is said of each of its operations.
    """

    __pydantic_config__ = _CLOSED

    id: OperationId
    kind: Annotated[str, Field(min_length=1)]
    provider: OneOrSeveral | None = None
    zones: Alternatives | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    for_each: ForEach = None
    when: Annotated[bool, Field(strict=True)] | str | None = None
    timeout: Seconds | None = None
    retry: RetryDefinition | None = None
    on_failure: OnFailure | None = None
    pool: Pool | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what was left out."""
        document: dict[str, Any] = {"id": self.id, "kind": self.kind}
        for name in ("provider", "zones", "for_each", "when", "timeout", "on_failure", "pool"):
            value = getattr(self, name)
            if value is not None:
                document[name] = value
        if self.parameters:
            document["parameters"] = self.parameters
        if self.retry is not None:
            document["retry"] = self.retry.as_dict()
        return document


@dataclass(frozen=True, slots=True)
class DocumentConfiguration:
    """How the run behaves; what is left out comes from the configuration's `[workflow]`.

    In a nested workflow it is said of that one's operations, but for `parallelism` and `run_timeout`, of which a run
    has only one. `timeout` is of each operation, `run_timeout` of driving the whole run forwards; both in seconds. With
    `no_rollback` in the outermost document nothing is undone for a failure, whatever is said of it anywhere: `rollback`
    is as `stop`. Workers serve runs of a higher `priority` first, from -100 to 100; it is 0 when left out.
    """

    __pydantic_config__ = _CLOSED

    parallelism: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = None
    on_failure: OnFailure | None = None
    timeout: Seconds | None = None
    run_timeout: Seconds | None = None
    no_rollback: Annotated[bool, Field(strict=True)] | None = None
    retry: RetryDefinition | None = None
    priority: Annotated[int, Field(ge=-100, le=100, strict=True)] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what was left out."""
        document: dict[str, Any] = {}
        for name in ("parallelism", "on_failure", "timeout", "run_timeout", "no_rollback", "priority"):
            value = getattr(self, name)
            if value is not None:
                document[name] = value
        if self.retry is not None:
            document["retry"] = self.retry.as_dict()
        return document


@dataclass(frozen=True, slots=True)
class WorkflowDocument:
    """A named graph of operations.

    `dependencies` adds edges beyond those that references make by themselves. `inputs` are values with their
    defaults, read as `{{inputs.NAME}}`; `outputs` is what the run, or the operation that nests it, answers with.
    """

    __pydantic_config__ = _CLOSED

    name: Annotated[str, Field(min_length=1, max_length=200)]
    operations: Annotated[list[OperationDefinition], Field(min_length=1)]
    workflow_id: WorkflowId | None = None
    description: str | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    dependencies: dict[str, list[str]] = field(default_factory=dict)
    configuration: DocumentConfiguration = field(default_factory=DocumentConfiguration)

    def as_dict(self) -> dict[str, Any]:
        """Return the canonical JSON form: no workflow id, nothing that was left out."""
        document: dict[str, Any] = {"name": self.name}
        if self.description is not None:
            document["description"] = self.description
        for name in ("inputs", "outputs", "dependencies"):
            value = getattr(self, name)
            if value:
                document[name] = value
        configuration = self.configuration.as_dict()
        if configuration:
            document["configuration"] = configuration
        document["operations"] = [operation.as_dict() for operation in self.operations]
        return document


@cache
def _adapter() -> TypeAdapter[WorkflowDocument]:
    return TypeAdapter(WorkflowDocument)


def document_schema() -> dict[str, Any]:
    """Return the JSON Schema of a workflow document."""
    return _adapter().json_schema()


def check_document(source: Source) -> WorkflowDocument:
    """Return the document in `source`; raise one `ConfigurationError` with everything wrong in its shape."""
    try:
        document = _adapter().validate_python(source.data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise refusal(source.name, list(problems_of(source, found, _keys()))) from None
    problems = [*_duplicates(source, document.operations), *_strangers(source, document)]
    if problems:
        raise refusal(source.name, problems)
    return document


def check_overrides(
    parallelism: object = None, on_failure: object = None, no_rollback: object = None
) -> DocumentConfiguration:
    """Return what a caller wants in place of a document's `configuration`; raise one `ConfigurationError`."""
    given = {"parallelism": parallelism, "on_failure": on_failure, "no_rollback": no_rollback}
    source = Source("the options of the run", Format.JSON, given, "")
    try:
        return _overrides_adapter().validate_python(given)
    except ValidationError as error:
        raise refusal(source.name, list(problems_of(source, error.errors(include_url=False), _keys()))) from None


@cache
def _overrides_adapter() -> TypeAdapter[DocumentConfiguration]:
    return TypeAdapter(DocumentConfiguration)


@cache
def _keys() -> tuple[str, ...]:
    """Return every key that the project gives a meaning in a document."""
    shapes = (WorkflowDocument, OperationDefinition, DocumentConfiguration, RetryDefinition)
    return tuple(dict.fromkeys(field.name for shape in shapes for field in fields(shape)))


def _duplicates(source: Source, operations: Sequence[OperationDefinition]) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for index, operation in enumerate(operations):
        if operation.id in first:
            message = f"operation id {operation.id!r} is used already by operations[{first[operation.id]}]"
            problems.append(source.problem(["operations", index, "id"], message, hint="give each operation its own id"))
        first.setdefault(operation.id, index)
    return problems


def _strangers(source: Source, document: WorkflowDocument) -> list[Problem]:
    """Return a problem for each name in `dependencies` that no operation has."""
    known = list(dict.fromkeys(operation.id for operation in document.operations))
    names = set(known)
    problems = []
    for dependent, needs in document.dependencies.items():
        if dependent not in names:
            problems.append(source.problem(["dependencies", dependent], unknown("operation", dependent, known)))
        for index, needed in enumerate(needs):
            if needed not in names:
                message = unknown("operation", needed, known)
                problems.append(source.problem(["dependencies", dependent, index], message))
    return problems
