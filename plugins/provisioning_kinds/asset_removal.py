"""Deleting an asset and waiting until it is gone: for the kinds that delete, and for undoing those that create."""

from collections.abc import Mapping
from typing import Any, TypeVar

from provisioning.contract import AssetSpec, OperationContext, Pending, Provider
from provisioning.errors import NotFound
from provisioning_kinds.pace import again

__all__ = ["remove_asset"]

S = TypeVar("S", bound=AssetSpec)


def remove_asset(
    provider: Provider, type_: type[S], asset_id: str, state: Mapping[str, Any], context: OperationContext
) -> Pending | None:
    """Ask for the deletion, then look; return how to go on, or None when it is gone."""
    if state.get("deleting") != asset_id:
        state = {name: value for name, value in state.items() if name != "after"}
    try:
        provider.delete_asset(type_, asset_id, context)
        provider.get_asset(type_, asset_id, context)
    except NotFound:
        return None
    return again(state, deleting=asset_id)
