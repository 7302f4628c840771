"""Kinds of operations that a program brings: ordinary ones, whose handler asks the program."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from provisioning.bridge.client import Client, Resources
from provisioning.bridge.description import KindDescription
from provisioning.bridge.fault import Unreadable
from provisioning.bridge.response import flaws_of
from provisioning.bridge.values import as_compensation, as_resource, operation_document, provider_document
from provisioning.contract import (
    Absent,
    Compensation,
    Done,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    Provider,
    Settlement,
    Unsettled,
    hookimpl,
)

__all__ = ["OutcomeDocument", "make_kind"]

_MOST_SECONDS = 86_400


class OutcomeDocument(BaseModel):
    """The metadata of the answer to `run_operation`, `settle_operation` and `compensate_operation`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

    outcome: Literal["done", "pending", "absent", "unsettled"] = "done"
    """How the call ended; `absent` and `unsettled` are answers to `settle_operation` alone."""
    result: dict[str, Any] = {}
    """Of `done`: what `{{operations.ID.result...}}` reads."""
    after: Annotated[float, Field(ge=0, le=_MOST_SECONDS)] = 1.0
    """Of `pending`: the seconds until it is called again."""
    state: dict[str, Any] = {}
    """Of `pending`: what the next call is handed as the operation's `state`."""
    compensation: dict[str, Any] | None = None
    """How it is undone, now that more is known: `action`, `summary`, `data`."""


class _Handler:
    """Runs operations of one kind; what else a kind can do stands in classes of their own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider | None, context: OperationContext) -> Outcome:
        return self._client.ask("run_operation", _arguments(operation, provider), context, _outcome)


class _Prepares(_Handler):
    @hookimpl
    def prepare_operation(
        self, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Compensation | None:
        return self._client.ask("prepare_operation", _arguments(operation, provider), context, _compensation)


class _Settles(_Handler):
    @hookimpl
    def settle_operation(
        self, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Settlement:
        return self._client.ask("settle_operation", _arguments(operation, provider), context, _settlement)


class _Compensates(_Handler):
    @hookimpl
    def compensate_operation(
        self,
        operation: Operation,
        compensation: Compensation,
        provider: Provider | None,
        context: OperationContext,
    ) -> Outcome:
        arguments = {**_arguments(operation, provider), "compensation": compensation.as_dict()}
        return self._client.ask("compensate_operation", arguments, context, _outcome)


def make_kind(described: KindDescription, client: Client) -> OperationKind:
    """Return a kind as its program describes it, with a handler that has what it needs and nothing else."""
    parts = [
        part
        for is_wanted, part in (
            (described.prepares, _Prepares),
            (described.settles, _Settles),
            (described.compensates, _Compensates),
        )
        if is_wanted
    ]
    handler = type("ProgramHandler", tuple(parts) or (_Handler,), {"__module__": __name__})
    return OperationKind(
        name=described.name,
        summary=described.summary,
        parameters=described.parameters,
        handler=handler(client),
        result=described.result,
        needs_provider=described.needs_provider,
        prepares=described.prepares,
        action=described.action,
        undo=described.undo,
        on_doubt=described.on_doubt,
    )


def _arguments(operation: Operation, provider: Provider | None) -> dict[str, Any]:
    return {"operation": operation_document(operation), "provider": provider_document(provider)}


def _compensation(_resources: Resources, metadata: Mapping[str, Any]) -> Compensation | None:
    document = metadata.get("compensation")
    return None if document is None else as_compensation(document)


def _outcome(resources: Resources, metadata: Mapping[str, Any]) -> Outcome:
    found = _settlement(resources, metadata)
    if isinstance(found, Done | Pending):
        return found
    raise Unreadable("says absent or unsettled, which only `settle_operation` may")


def _settlement(resources: Resources, metadata: Mapping[str, Any]) -> Settlement:
    try:
        document = OutcomeDocument.model_validate(metadata)
    except ValidationError as error:
        raise Unreadable(f"holds no outcome: {flaws_of(error)}") from error
    made = tuple(as_resource(resource) for resource in resources)
    compensation = None if document.compensation is None else as_compensation(document.compensation)
    match document.outcome:
        case "done":
            return Done(document.result, made, compensation)
        case "pending":
            return Pending(document.after, document.state, made, compensation)
        case "absent":
            return Absent()
        case "unsettled":
            return Unsettled()
