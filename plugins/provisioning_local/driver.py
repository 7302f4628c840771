"""What a driver does: it makes servers of one sort, and finds, changes and removes them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from provisioning.contract import ConnectionStatus, Image, OperationContext, Server, ServerSpec
from provisioning_local.assets import Assets

__all__ = ["Driver"]


class Driver(Protocol):
    """The part of the provider interface that depends on what a server is; each method is the hook of its name."""

    @property
    def assets(self) -> Assets:
        """What is kept besides servers."""
        ...

    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Say how the servers are reached; unlike the hook, raise when they are not."""
        ...

    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`."""
        ...

    def get_server(self, server_id: str, context: OperationContext) -> Server:
        """Return one server, or raise `NotFound`."""
        ...

    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a server and start it; the same token is the same server."""
        ...

    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server that was created with this token, or None."""
        ...

    def delete_server(self, server_id: str, context: OperationContext) -> None:
        """Delete a server; one that is gone is a success."""
        ...

    def start_server(self, server_id: str, context: OperationContext) -> None:
        """Start a server; one that runs is a success."""
        ...

    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop a server; one that is stopped is a success."""
        ...

    def reboot_server(self, server_id: str, context: OperationContext) -> None:
        """Reboot a running server."""
        ...

    def list_images(self, context: OperationContext) -> Sequence[Image]:
        """Return what a server can be made of."""
        ...
