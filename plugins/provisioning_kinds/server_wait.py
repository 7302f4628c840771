"""`server_wait`: nothing is done until a server is in a state."""

from provisioning.contract import (
    Done,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Provider,
    ServerState,
    hookimpl,
)
from provisioning.errors import NotFound
from provisioning_kinds.outlook import has_reached
from provisioning_kinds.pace import again
from provisioning_kinds.shape import SERVER, SERVER_ID, document, of_type

__all__ = ["SERVER_WAIT"]

_PARAMETERS = document(
    {
        "server_id": SERVER_ID,
        "state": of_type(
            "string", "The state to wait for.", enum=["running", "stopped", "deleted", "error"], default="running"
        ),
    },
    required=["server_id"],
)


class _ServerWait:
    """Looks until the server is in the state; the operation's own time-out ends the wait."""

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Look once."""
        server_id = operation.parameters["server_id"]
        wanted = ServerState(operation.parameters.get("state", "running"))
        try:
            server = provider.get_server(server_id, context)
        except NotFound:
            if wanted is not ServerState.DELETED:
                raise
            return Done({"id": server_id, "name": server_id, "state": "deleted"})
        return Done(server.as_dict()) if has_reached(server, wanted) else again(operation.state)


SERVER_WAIT = OperationKind(
    name="server_wait",
    summary="wait for a server",
    parameters=_PARAMETERS,
    handler=_ServerWait(),
    result=SERVER,
    needs_provider=True,
)
