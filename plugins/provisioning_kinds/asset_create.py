"""Making what a provider keeps besides servers: the same steps for a volume, a network, a key pair and a firewall."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from provisioning.contract import (
    Absent,
    Asset,
    AssetSpec,
    Compensation,
    CompensationAction,
    Done,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    Provider,
    Resource,
    Settlement,
    hookimpl,
)
from provisioning.errors import NotFound, ResourceMissing
from provisioning_kinds.asset_removal import remove_asset
from provisioning_kinds.pace import again
from provisioning_kinds.shape import Schema, asset, document

__all__ = ["creation"]

MOST_MISSES = 8
"""How often a new asset may be hidden from `get_asset`: what a cloud has made, it does not always show at once."""

S = TypeVar("S", bound=AssetSpec)


class _AssetCreate(Generic[S]):
    """Creates with the operation's token, then polls until it can be used; found again by the token."""

    def __init__(self, type_: type[S], make: Callable[[Mapping[str, Any]], S]) -> None:
        self._type = type_
        self._make = make

    @hookimpl
    def prepare_operation(self, operation: Operation) -> Compensation:
        """Say that what the token made will be deleted."""
        return self._deletion(operation, None)

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Create it, or look how it is coming along."""
        asset_id = operation.state.get("asset_id")
        if asset_id is not None:
            return self._look(operation, asset_id, provider, context)
        made = provider.create_asset(
            self._make(operation.parameters), operation.client_token, operation.labels, context
        )
        return self._outcome(operation, made, provider)

    def _look(self, operation: Operation, asset_id: str, provider: Provider, context: OperationContext) -> Outcome:
        state = operation.state
        try:
            seen = provider.get_asset(self._type, asset_id, context)
        except NotFound:
            misses = state.get("misses", 0) + 1
            if misses > MOST_MISSES:
                name = f"{self._type.kind.words} {operation.parameters['name']} ({asset_id})"
                message = f"{name} was created and cannot be found at {provider.name}"
                raise ResourceMissing(message, resource=f"{self._type.kind}/{asset_id}") from None
            return again(state, misses=misses)
        return self._outcome(operation, seen, provider)

    def _outcome(self, operation: Operation, made: Asset[S], provider: Provider) -> Outcome:
        if made.is_ready:
            return Done(made.as_dict(), (_resource(made, provider),), self._deletion(operation, made.id))
        pending = again(operation.state)
        return pending if "asset_id" in operation.state else self._known(pending, operation, made, provider)

    @hookimpl
    def settle_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Settlement:
        """Ask the provider what the token made."""
        found = provider.find_asset(self._type, operation.client_token, context)
        return Absent() if found is None else self._known(Pending(0.0, {}), operation, found, provider)

    @hookimpl
    def compensate_operation(
        self, operation: Operation, compensation: Compensation, provider: Provider, context: OperationContext
    ) -> Outcome:
        """Delete it, found by its id or else by the token, and wait until it is gone."""
        data, state = compensation.data, operation.state
        asset_id = data.get("asset_id") or state.get("asset_id") or state.get("deleting")
        if asset_id is None:
            found = provider.find_asset(self._type, data["client_token"], context)
            if found is None:
                return Done({"deleted": None})
            asset_id = found.id
        return remove_asset(provider, self._type, asset_id, state, context) or Done({"deleted": asset_id})

    def _known(self, pending: Pending, operation: Operation, made: Asset[S], provider: Provider) -> Pending:
        """Return `pending` with the asset made known: its id, and how to delete exactly it."""
        state = {**pending.state, "asset_id": made.id}
        return Pending(pending.after, state, (_resource(made, provider),), self._deletion(operation, made.id))

    def _deletion(self, operation: Operation, asset_id: str | None) -> Compensation:
        name = operation.parameters["name"]
        data = {"client_token": operation.client_token, "name": name}
        if asset_id is not None:
            data["asset_id"] = asset_id
        return Compensation(CompensationAction.DELETE_RESOURCE, f"delete {self._type.kind.words} {name}", data)


def _resource(made: Asset[Any], provider: Provider) -> Resource:
    return Resource(str(made.kind), made.id, provider.name, made.name)


def creation(type_: type[S], parameters: Mapping[str, Schema], make: Callable[[Mapping[str, Any]], S]) -> OperationKind:
    """Return the kind that makes assets of a type; those `parameters` without a default are required."""
    kind = type_.kind
    required = [name for name, schema in parameters.items() if "minLength" in schema or schema.get("minItems")]
    return OperationKind(
        name=f"{kind}_create",
        summary=f"create a {kind.words}",
        parameters=document(parameters, required=required),
        handler=_AssetCreate(type_, make),
        result=asset(parameters),
        needs_provider=True,
        prepares=True,
        action=CompensationAction.DELETE_RESOURCE,
        undo=f"delete the {kind.words}",
    )
