"""Deleting a server and waiting until it is gone: the same for `server_delete` and for undoing `server_create`."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import OperationContext, Pending, Provider
from provisioning.errors import NotFound
from provisioning_kinds.outlook import is_gone
from provisioning_kinds.pace import again

__all__ = ["remove_server"]


def remove_server(
    provider: Provider, server_id: str, state: Mapping[str, Any], context: OperationContext
) -> Pending | None:
    """Ask for the deletion, once, then look; return how to go on, or None when the server is gone.

    `state` is the operation's, and what it holds of other steps is kept.
    """
    if state.get("deleting") != server_id:
        try:
            provider.delete_server(server_id, context)
        except NotFound:
            return None
        state = {name: value for name, value in state.items() if name != "after"}
    if is_gone(provider, server_id, context):
        return None
    return again(state, deleting=server_id)
