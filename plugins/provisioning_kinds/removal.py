"""Deleting a server and waiting until it is gone: the same for `server_delete` and for undoing `server_create`."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import OperationContext, Pending, Provider, Server, ServerState
from provisioning.errors import NotFound
from provisioning_kinds.pace import again

__all__ = ["remove_server"]


def remove_server(
    provider: Provider, server_id: str, state: Mapping[str, Any], context: OperationContext
) -> Pending | None:
    """Ask for the deletion, then look; return how to go on, or None when the server is gone.

    Some clouds stop a server first, and delete only one that is stopped. So the deletion is asked for again as long as
    the server is there and is not being deleted. `state` is the operation's, and what it holds of other steps is kept.
    """
    if state.get("deleting") != server_id:
        state = {name: value for name, value in state.items() if name != "after"}
        if not _asked(provider, server_id, context):
            return None
    server = _seen(provider, server_id, context)
    if server is None or server.state is ServerState.DELETED:
        return None
    if state.get("deleting") == server_id and server.state is not ServerState.DELETING:
        _asked(provider, server_id, context)
    return again(state, deleting=server_id)


def _asked(provider: Provider, server_id: str, context: OperationContext) -> bool:
    """Ask for the deletion; return whether the provider knows such a server."""
    try:
        provider.delete_server(server_id, context)
    except NotFound:
        return False
    return True


def _seen(provider: Provider, server_id: str, context: OperationContext) -> Server | None:
    try:
        return provider.get_server(server_id, context)
    except NotFound:
        return None
