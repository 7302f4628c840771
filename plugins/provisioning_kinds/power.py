"""Switching a server on or off and waiting for it, which starting and stopping do, and undoing either."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import (
    Compensation,
    CompensationAction,
    OperationContext,
    Pending,
    Provider,
    Server,
    ServerState,
)
from provisioning_kinds.outlook import has_reached
from provisioning_kinds.pace import again

__all__ = ["is_off", "reversal", "switch"]


def switch(
    provider: Provider, server_id: str, wanted: ServerState, state: Mapping[str, Any], context: OperationContext
) -> Server | Pending:
    """Ask for `wanted` (running or stopped), once, then look; return the server when it is so, or how to go on.

    `state` is the operation's; it remembers what was asked for, so that undoing asks anew.
    """
    if state.get("asked") != wanted:
        ask = provider.start_server if wanted is ServerState.RUNNING else provider.stop_server
        ask(server_id, context)
        state = {"asked": str(wanted)}
    server = provider.get_server(server_id, context)
    return server if has_reached(server, wanted) else again(state)


def is_off(server: Server) -> bool:
    """Whether the server is down or going down."""
    return server.state in (ServerState.STOPPED, ServerState.STOPPING)


def reversal(server: Server, verb: str) -> Compensation:
    """Return the compensation that switches a server back."""
    data = {"server_id": server.id, "state_before": str(server.state)}
    summary = f"{verb} server {server.name} again"
    return Compensation(CompensationAction.REVERT_CONFIGURATION, summary, data)
