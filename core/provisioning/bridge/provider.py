"""A provider that is a program: an ordinary provider's object, each of whose hooks is one request."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from provisioning.bridge.client import Client, Resources
from provisioning.bridge.description import Description
from provisioning.bridge.fault import Unreadable
from provisioning.bridge.program import Program
from provisioning.bridge.values import (
    as_connection,
    as_image,
    as_server,
    as_size,
    as_zone,
    asset_document,
    asset_reader,
    spec_document,
)
from provisioning.contract import (
    Asset,
    AssetKind,
    AssetSpec,
    Capability,
    ConnectionStatus,
    Image,
    OperationContext,
    Server,
    ServerSpec,
    Size,
    Zone,
    hookimpl,
)

__all__ = ["ProgramProvider", "make_provider"]

T = TypeVar("T")


class ProgramProvider:
    """One configured use of a program; the hooks of capabilities stand in classes of their own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def close(self) -> None:
        """End the program where it is kept open."""
        self._client.close()

    @hookimpl
    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Ask whether the cloud answers."""
        return self._client.ask("check_connection", {}, context, _status)

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Ask for the servers, and yield them as the program writes them."""
        return self._client.stream("list_servers", {"labels": labels}, context, as_server)

    @hookimpl
    def get_server(self, server_id: str, context: OperationContext) -> Server:
        """Ask for one server."""
        return self._client.ask("get_server", {"server_id": server_id}, context, _server)

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Ask for a new server."""
        parameters = {"spec": spec_document(spec), "client_token": client_token, "labels": labels}
        return self._client.ask("create_server", parameters, context, _server)

    @hookimpl
    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Ask for the server that a token made."""
        return self._client.ask("find_server", {"client_token": client_token}, context, _server_or_none)

    @hookimpl
    def delete_server(self, server_id: str, context: OperationContext) -> None:
        """Ask for the end of a server."""
        self._client.ask("delete_server", {"server_id": server_id}, context, _nothing)


class _StartStop(ProgramProvider):
    @hookimpl
    def start_server(self, server_id: str, context: OperationContext) -> None:
        self._client.ask("start_server", {"server_id": server_id}, context, _nothing)

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        self._client.ask("stop_server", {"server_id": server_id}, context, _nothing)


class _Reboot(ProgramProvider):
    @hookimpl
    def reboot_server(self, server_id: str, context: OperationContext) -> None:
        self._client.ask("reboot_server", {"server_id": server_id}, context, _nothing)


class _Catalog(ProgramProvider):
    @hookimpl
    def list_sizes(self, context: OperationContext) -> Sequence[Size]:
        return self._client.ask("list_sizes", {}, context, partial(_each, as_size))

    @hookimpl
    def list_images(self, context: OperationContext) -> Sequence[Image]:
        return self._client.ask("list_images", {}, context, partial(_each, as_image))

    @hookimpl
    def list_zones(self, context: OperationContext) -> Sequence[Zone]:
        return self._client.ask("list_zones", {}, context, partial(_each, as_zone))


class _Assets(ProgramProvider):
    @hookimpl
    def create_asset(
        self, spec: AssetSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Asset[Any]:
        parameters = {"spec": asset_document(spec), "client_token": client_token, "labels": labels}
        return self._client.ask("create_asset", parameters, context, partial(_one, asset_reader(spec.kind)))

    @hookimpl
    def find_asset(self, kind: AssetKind, client_token: str, context: OperationContext) -> Asset[Any] | None:
        parameters = {"kind": kind, "client_token": client_token}
        return self._client.ask("find_asset", parameters, context, partial(_one_or_none, asset_reader(kind)))

    @hookimpl
    def get_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> Asset[Any]:
        parameters = {"kind": kind, "asset_id": asset_id}
        return self._client.ask("get_asset", parameters, context, partial(_one, asset_reader(kind)))

    @hookimpl
    def list_assets(
        self, kind: AssetKind, labels: Mapping[str, str] | None, context: OperationContext
    ) -> Iterator[Asset[Any]]:
        return self._client.stream("list_assets", {"kind": kind, "labels": labels}, context, asset_reader(kind))

    @hookimpl
    def delete_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> None:
        self._client.ask("delete_asset", {"kind": kind, "asset_id": asset_id}, context, _nothing)


class _VolumeAttachment(ProgramProvider):
    @hookimpl
    def attach_volume(self, volume_id: str, server_id: str, context: OperationContext) -> None:
        self._client.ask("attach_volume", {"volume_id": volume_id, "server_id": server_id}, context, _nothing)

    @hookimpl
    def detach_volume(self, volume_id: str, context: OperationContext) -> None:
        self._client.ask("detach_volume", {"volume_id": volume_id}, context, _nothing)


_PARTS: Mapping[str, type[ProgramProvider]] = {
    Capability.START_STOP: _StartStop,
    Capability.REBOOT: _Reboot,
    Capability.CATALOG: _Catalog,
    Capability.VOLUME_ATTACHMENT: _VolumeAttachment,
    **dict.fromkeys([Capability(kind.capability) for kind in AssetKind], _Assets),
}


def make_provider(
    program: Program,
    description: Description,
    capabilities: Collection[str],
    name: str,
    config: Mapping[str, Any],
) -> ProgramProvider:
    """Return the object of one provider instance, with the hooks of these capabilities and no others."""
    parts = tuple(dict.fromkeys(part for capability, part in _PARTS.items() if capability in capabilities))
    kind = type("ProgramProvider", parts or (ProgramProvider,), {"__module__": __name__})
    made: ProgramProvider = kind(Client(program, description, config=config, instance=name))
    return made


def _status(_resources: Resources, metadata: Mapping[str, Any]) -> ConnectionStatus:
    return as_connection(metadata)


def _server(resources: Resources, _metadata: Mapping[str, Any]) -> Server:
    if len(resources) != 1:
        raise Unreadable(f"has {len(resources)} resources, where one server is expected")
    return as_server(resources[0])


def _server_or_none(resources: Resources, metadata: Mapping[str, Any]) -> Server | None:
    return _server(resources, metadata) if resources else None


def _one(read: Callable[[Mapping[str, Any]], T], resources: Resources, _metadata: Mapping[str, Any]) -> T:
    if len(resources) != 1:
        raise Unreadable(f"has {len(resources)} resources, where one is expected")
    return read(resources[0])


def _one_or_none(read: Callable[[Mapping[str, Any]], T], resources: Resources, metadata: Mapping[str, Any]) -> T | None:
    return _one(read, resources, metadata) if resources else None


def _nothing(resources: Resources, _metadata: Mapping[str, Any]) -> None:
    if resources:
        raise Unreadable(f"has {len(resources)} resources, where none is expected")


def _each(read: Callable[[Mapping[str, Any]], T], resources: Resources, _metadata: Mapping[str, Any]) -> list[T]:
    return [read(resource) for resource in resources]
