"""`server_delete`: a server that is gone afterwards, whether it was there or not."""

from provisioning.contract import (
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
from provisioning_kinds.removal import remove_server
from provisioning_kinds.shape import SERVER_ID, document

__all__ = ["SERVER_DELETE"]


class _ServerDelete:
    """Deletes and waits; cannot be undone, and doing it twice is the same as doing it once."""

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Delete the server, or look whether it is gone."""
        server_id = operation.parameters["server_id"]
        pending = remove_server(provider, server_id, operation.state, context)
        if pending is not None:
            return pending
        context.note(EventKind.RESOURCE_DELETED, Resource("server", server_id, provider.name).as_dict())
        return Done({"server_id": server_id})


SERVER_DELETE = OperationKind(
    name="server_delete",
    summary="delete a server",
    parameters=document({"server_id": SERVER_ID}, required=["server_id"]),
    handler=_ServerDelete(),
    result=document({"server_id": SERVER_ID}, required=["server_id"]),
    needs_provider=True,
)
