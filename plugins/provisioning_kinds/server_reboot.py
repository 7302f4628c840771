"""`server_reboot`: a server that has gone down and is running again."""

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
from provisioning_kinds.outlook import has_reached
from provisioning_kinds.pace import again
from provisioning_kinds.shape import SERVER, SERVER_ID, document

__all__ = ["SERVER_REBOOT"]


class _ServerReboot:
    """Reboots and waits; leaves nothing to undo."""

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Reboot the server, or look whether it is running again."""
        server_id = operation.parameters["server_id"]
        if not operation.state:
            provider.reboot_server(server_id, context)
            return again({})
        server = provider.get_server(server_id, context)
        return Done(server.as_dict()) if has_reached(server, ServerState.RUNNING) else again(operation.state)


SERVER_REBOOT = OperationKind(
    name="server_reboot",
    summary="reboot a server",
    parameters=document({"server_id": SERVER_ID}, required=["server_id"]),
    handler=_ServerReboot(),
    result=SERVER,
    needs_provider=True,
)
