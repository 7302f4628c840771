"""Deleting what a provider keeps besides servers, whether it was there or not."""

from provisioning.contract import (
    AssetSpec,
    Done,
    EventKind,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Provider,
    Resource,
    hookimpl,
)
from provisioning_kinds.asset_removal import remove_asset
from provisioning_kinds.shape import document, of_type

__all__ = ["deletion"]


class _AssetDelete:
    """Deletes and waits; cannot be undone, and doing it twice is the same as doing it once."""

    def __init__(self, type_: type[AssetSpec], parameter: str) -> None:
        self._type = type_
        self._parameter = parameter

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Delete it, or look whether it is gone."""
        asset_id = operation.parameters[self._parameter]
        pending = remove_asset(provider, self._type, asset_id, operation.state, context)
        if pending is not None:
            return pending
        gone = Resource(str(self._type.kind), asset_id, provider.name)
        context.note(EventKind.RESOURCE_DELETED, gone.as_dict())
        return Done({self._parameter: asset_id})


def deletion(type_: type[AssetSpec]) -> OperationKind:
    """Return the kind that deletes assets of a type; its parameter is the id, named after the type."""
    kind = type_.kind
    parameter = f"{kind}_id"
    schema = document(
        {parameter: of_type("string", f"The id of the {kind.words} at its provider.", minLength=1)},
        required=[parameter],
    )
    return OperationKind(
        name=f"{kind}_delete",
        summary=f"delete a {kind.words}",
        parameters=schema,
        handler=_AssetDelete(type_, parameter),
        result=schema,
        needs_provider=True,
    )
