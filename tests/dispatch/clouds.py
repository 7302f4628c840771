"""Providers, handlers and wrappers that the tests are about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioning.contract import (
    Asset,
    AssetKind,
    AssetSpec,
    Compensation,
    CompensationAction,
    ConnectionStatus,
    Done,
    Image,
    Operation,
    OperationContext,
    OperationKind,
    Server,
    ServerSpec,
    ServerState,
    Size,
    Zone,
    hookimpl,
)
from provisioning.errors import NotFound

__all__ = ["FullCloud", "Handler", "SmallCloud", "an_operation", "kind_of"]


class SmallCloud:
    """A provider with the mandatory hooks alone, whose servers live in a dict."""

    def __init__(self) -> None:
        self.servers: dict[str, Server] = {}

    @hookimpl
    def check_connection(self) -> ConnectionStatus:
        """Answer."""
        return ConnectionStatus(reachable=True)

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterator[Server]:
        """Yield those with the labels."""
        yield from (server for server in self.servers.values() if (labels or {}).items() <= server.labels.items())

    @hookimpl
    def get_server(self, server_id: str) -> Server:
        """Return one."""
        if server_id not in self.servers:
            raise NotFound(f"no server {server_id}")
        return self.servers[server_id]

    @hookimpl
    def create_server(self, spec: ServerSpec, client_token: str, labels: Mapping[str, str]) -> Server:
        """Create one."""
        server = Server(f"i-{client_token}", spec.name, ServerState.RUNNING, labels=labels, client_token=client_token)
        return self.servers.setdefault(server.id, server)

    @hookimpl
    def find_server(self, client_token: str) -> Server | None:
        """Find one by its token."""
        return self.servers.get(f"i-{client_token}")

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete one."""
        self.servers.pop(server_id, None)


class FullCloud(SmallCloud):
    """A provider with every capability; counts how often its catalog is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.assets: dict[str, Asset[Any]] = {}

    @hookimpl
    def start_server(self, server_id: str) -> None:
        """Start one."""
        self.asked.append(f"start {server_id}")

    @hookimpl
    def stop_server(self, server_id: str) -> None:
        """Stop one."""
        self.asked.append(f"stop {server_id}")

    @hookimpl
    def reboot_server(self, server_id: str) -> None:
        """Reboot one."""
        self.asked.append(f"reboot {server_id}")

    @hookimpl
    def list_sizes(self) -> Sequence[Size]:
        """Return the sizes."""
        self.asked.append("sizes")
        return [Size("small")]

    @hookimpl
    def list_images(self) -> Iterator[Image]:
        """Yield the images, page by page."""
        self.asked.append("images")
        yield Image("debian")

    @hookimpl
    def list_zones(self) -> Sequence[Zone]:
        """Return the zones."""
        self.asked.append("zones")
        return (Zone("a"),)

    @hookimpl
    def create_asset(self, spec: AssetSpec, client_token: str, labels: Mapping[str, str]) -> Asset[Any]:
        """Create one."""
        asset = Asset(f"{spec.kind}-{client_token}", spec, labels=labels, client_token=client_token)
        return self.assets.setdefault(asset.id, asset)

    @hookimpl
    def find_asset(self, kind: AssetKind, client_token: str) -> Asset[Any] | None:
        """Find one by its token."""
        return self.assets.get(f"{kind}-{client_token}")

    @hookimpl
    def get_asset(self, kind: AssetKind, asset_id: str) -> Asset[Any]:
        """Return one, of whatever kind."""
        if asset_id not in self.assets:
            raise NotFound(f"no {kind} {asset_id}")
        return self.assets[asset_id]

    @hookimpl
    def list_assets(self, kind: AssetKind, labels: Mapping[str, str] | None) -> Iterator[Asset[Any]]:
        """Yield those with the labels."""
        wanted = (labels or {}).items()
        yield from (asset for asset in self.assets.values() if asset.kind is kind and wanted <= asset.labels.items())

    @hookimpl
    def delete_asset(self, kind: AssetKind, asset_id: str) -> None:
        """Delete one."""
        self.assets.pop(asset_id, None)

    @hookimpl
    def attach_volume(self, volume_id: str, server_id: str) -> None:
        """Give one away."""
        self.asked.append(f"attach {volume_id} to {server_id}")

    @hookimpl
    def detach_volume(self, volume_id: str) -> None:
        """Take one back."""
        self.asked.append(f"detach {volume_id}")


class Handler:
    """The handler of a kind that can do everything."""

    @hookimpl
    def prepare_operation(self, operation: Operation) -> Compensation:
        """Say how it is undone."""
        return Compensation(CompensationAction.CUSTOM_ACTION, f"undo {operation.id}")

    @hookimpl
    def run_operation(self, operation: Operation, context: OperationContext) -> Done:
        """Answer with the parameters."""
        return Done(result={**operation.parameters, "attempt": context.attempt})

    @hookimpl
    def settle_operation(self) -> Done:
        """Know what was done."""
        return Done(result={"settled": True})

    @hookimpl
    def compensate_operation(self, compensation: Compensation) -> Done:
        """Undo it."""
        return Done(result={"undone": compensation.summary})


def kind_of(handler: object, **attributes: object) -> OperationKind:
    """Return a kind of operation with this handler."""
    return OperationKind(name="thing", summary="a thing", parameters={"type": "object"}, handler=handler, **attributes)


def an_operation(**parameters: object) -> Operation:
    """Return an operation of it."""
    return Operation("a", "thing", parameters, workflow_id="wf-1", client_token="t")
