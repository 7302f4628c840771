"""`server_stop`: a server that is stopped afterwards, and kept."""

from provisioning.contract import (
    Compensation,
    CompensationAction,
    Done,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    Provider,
    ServerState,
    hookimpl,
)
from provisioning_kinds.power import is_off, reversal, switch
from provisioning_kinds.shape import SERVER, SERVER_ID, document

__all__ = ["SERVER_STOP"]


class _ServerStop:
    """Stops and waits; undone by starting, if the server was up before."""

    @hookimpl
    def prepare_operation(
        self, operation: Operation, provider: Provider, context: OperationContext
    ) -> Compensation | None:
        """Look whether the server is up now."""
        server = provider.get_server(operation.parameters["server_id"], context)
        return None if is_off(server) else reversal(server, "start")

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Stop the server, or look whether it is stopped."""
        server_id = operation.parameters["server_id"]
        answer = switch(provider, server_id, ServerState.STOPPED, operation.state, context)
        return answer if isinstance(answer, Pending) else Done(answer.as_dict())

    @hookimpl
    def compensate_operation(
        self, operation: Operation, compensation: Compensation, provider: Provider, context: OperationContext
    ) -> Outcome:
        """Start the server again; one that is gone cannot be, and that is an error."""
        server_id = compensation.data["server_id"]
        answer = switch(provider, server_id, ServerState.RUNNING, operation.state, context)
        return answer if isinstance(answer, Pending) else Done({"started": server_id})


SERVER_STOP = OperationKind(
    name="server_stop",
    summary="stop a server",
    parameters=document({"server_id": SERVER_ID}, required=["server_id"]),
    handler=_ServerStop(),
    result=SERVER,
    needs_provider=True,
    prepares=True,
    action=CompensationAction.REVERT_CONFIGURATION,
    undo="start the server again, if it was running before",
)
