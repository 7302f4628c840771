"""`server_create`: a server that did not exist before."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    Provider,
    Resource,
    Server,
    ServerSpec,
    ServerState,
    Settlement,
    hookimpl,
)
from provisioning.errors import NotFound, ResourceBroken, ResourceMissing
from provisioning_kinds.outlook import has_reached
from provisioning_kinds.pace import again
from provisioning_kinds.removal import remove_server
from provisioning_kinds.shape import SERVER, document, of_type

__all__ = ["SERVER_CREATE"]

MOST_MISSES = 8
"""How often a new server may be hidden from `get_server`: what a cloud has made, it does not always show at once."""

_PARAMETERS = document(
    {
        "name": of_type("string", "The server's name.", minLength=1),
        "size": of_type("string", "The size, by the provider's own name; the provider's default without it."),
        "image": of_type("string", "What the server starts from, by the provider's own name."),
        "zone": of_type("string", "Where the server stands, by the provider's own name."),
        "user_data": of_type("string", "Text handed to the server at its first start, a cloud-init script for one."),
        "key_pairs": of_type("array", "Names of the SSH keys that may log in.", items={"type": "string"}),
        "networks": of_type("array", "Networks that the server joins.", items={"type": "string"}),
        "volumes": of_type("array", "Ids of volumes that the server is given.", items={"type": "string"}),
        "firewalls": of_type("array", "Ids of firewalls that stand before the server.", items={"type": "string"}),
        "extra": of_type("object", "What only this provider understands."),
        "wait": of_type("boolean", "Whether to wait until the server is running.", default=True),
    },
    required=["name"],
)


class _ServerCreate:
    """Creates with the operation's token, then polls; every step can be cut off and found again by the token."""

    @hookimpl
    def prepare_operation(self, operation: Operation) -> Compensation:
        """Say that what the token made will be deleted."""
        return _deletion(operation, None)

    @hookimpl
    def run_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Outcome:
        """Create the server, or look how it is coming along."""
        server_id = operation.state.get("server_id")
        if server_id is not None:
            return self._look(operation, server_id, provider, context)
        server = provider.create_server(_spec(operation), operation.client_token, operation.labels, context)
        return self._outcome(operation, server, provider, {})

    def _look(self, operation: Operation, server_id: str, provider: Provider, context: OperationContext) -> Outcome:
        state = operation.state
        try:
            server = provider.get_server(server_id, context)
        except NotFound:
            misses = state.get("misses", 0) + 1
            if misses > MOST_MISSES:
                name = f"server {operation.parameters['name']} ({server_id})"
                message = f"{name} was created and cannot be found at {provider.name}"
                raise ResourceMissing(message, resource=f"server/{server_id}") from None
            return again(state, misses=misses)
        return self._outcome(operation, server, provider, state)

    def _outcome(self, operation: Operation, server: Server, provider: Provider, state: Mapping[str, Any]) -> Outcome:
        if not operation.parameters.get("wait", True) or has_reached(server, ServerState.RUNNING):
            return Done(server.as_dict(), (_resource(server, provider),), _deletion(operation, server.id))
        if server.state is ServerState.STOPPED:
            raise ResourceBroken(
                f"server {server.name} ({server.id}) stopped before it was running",
                resource=f"server/{server.id}",
                hint="see its console or log, or create it with wait = false",
            )
        return _known(again(state), operation, server, provider) if "server_id" not in state else again(state)

    @hookimpl
    def settle_operation(self, operation: Operation, provider: Provider, context: OperationContext) -> Settlement:
        """Ask the provider what the token made."""
        server = provider.find_server(operation.client_token, context)
        if server is None or server.state is ServerState.DELETED:
            return Absent()
        return _known(Pending(0.0, {}), operation, server, provider)

    @hookimpl
    def compensate_operation(
        self, operation: Operation, compensation: Compensation, provider: Provider, context: OperationContext
    ) -> Outcome:
        """Delete the server, found by its id or else by the token, and wait until it is gone."""
        data, state = compensation.data, operation.state
        server_id = data.get("server_id") or state.get("server_id") or state.get("deleting")
        if server_id is None:
            server = provider.find_server(data["client_token"], context)
            if server is None:
                return Done({"deleted": None})
            server_id = server.id
        return remove_server(provider, server_id, state, context) or Done({"deleted": server_id})


def _spec(operation: Operation) -> ServerSpec:
    given = operation.parameters
    return ServerSpec(
        name=given["name"],
        size=given.get("size"),
        image=given.get("image"),
        zone=given.get("zone"),
        user_data=given.get("user_data"),
        key_pairs=tuple(given.get("key_pairs", ())),
        networks=tuple(given.get("networks", ())),
        volumes=tuple(given.get("volumes", ())),
        firewalls=tuple(given.get("firewalls", ())),
        extra=given.get("extra", {}),
    )


def _known(pending: Pending, operation: Operation, server: Server, provider: Provider) -> Pending:
    """Return `pending` with the server made known: its id, and how to delete exactly it."""
    state = {**pending.state, "server_id": server.id}
    return Pending(pending.after, state, (_resource(server, provider),), _deletion(operation, server.id))


def _resource(server: Server, provider: Provider) -> Resource:
    return Resource("server", server.id, provider.name, server.name)


def _deletion(operation: Operation, server_id: str | None) -> Compensation:
    name = operation.parameters["name"]
    data = {"client_token": operation.client_token, "name": name}
    if server_id is not None:
        data["server_id"] = server_id
    return Compensation(CompensationAction.DELETE_RESOURCE, f"delete server {name}", data)


SERVER_CREATE = OperationKind(
    name="server_create",
    summary="create a server",
    parameters=_PARAMETERS,
    handler=_ServerCreate(),
    result=SERVER,
    needs_provider=True,
    prepares=True,
    action=CompensationAction.DELETE_RESOURCE,
    undo="delete the server",
)
