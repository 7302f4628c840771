"""`server_start`: a server that is running afterwards."""

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
from provisioning.errors import NotFound, ResourceMissing
from provisioning_kinds.power import is_off, reversal, switch
from provisioning_kinds.shape import SERVER, SERVER_ID, document

__all__ = ["SERVER_START"]


class _ServerStart:
    """Starts and waits; undone by stopping, if the server was not running before."""

    @hookimpl
    def prepare_operation(
        self, operation: Operation, provider: Provider, context: OperationContext
    ) -> Compensation | None:
        """Look whether the server is down now."""
        server = provider.get_server(operation.parameters["server_id"], context)
        return reversal(server, "stop") if is_off(server) else None

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Start the server, or look whether it is running."""
        server_id = operation.parameters["server_id"]
        answer = switch(provider, server_id, ServerState.RUNNING, operation.state, context)
        return answer if isinstance(answer, Pending) else Done(answer.as_dict())

    @hookimpl
    def compensate_operation(
        self, operation: Operation, compensation: Compensation, provider: Provider, context: OperationContext
    ) -> Outcome:
        """Stop the server; one that is gone needs no stopping."""
        server_id = compensation.data["server_id"]
        try:
            answer = switch(provider, server_id, ServerState.STOPPED, operation.state, context)
        except (NotFound, ResourceMissing):
            return Done({"stopped": None})
        return answer if isinstance(answer, Pending) else Done({"stopped": server_id})


SERVER_START = OperationKind(
    name="server_start",
    summary="start a server",
    parameters=document({"server_id": SERVER_ID}, required=["server_id"]),
    handler=_ServerStart(),
    result=SERVER,
    needs_provider=True,
    prepares=True,
    action=CompensationAction.REVERT_CONFIGURATION,
    undo="stop the server again, if it was not running before",
)
