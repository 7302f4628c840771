"""The local provider: the hooks of the contract, each one handed to the driver of the instance."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioning.contract import (
    Asset,
    AssetKind,
    AssetSpec,
    ConnectionStatus,
    Image,
    OperationContext,
    Server,
    ServerSpec,
    Size,
    Zone,
    hookimpl,
)
from provisioning.errors import ExtensionBroken, ProviderError
from provisioning_local.catalog import SIZES, ZONES
from provisioning_local.choice import chosen_driver
from provisioning_local.driver import Driver
from provisioning_local.process_driver import ProcessDriver
from provisioning_local.settings import DOCKER, Settings

__all__ = ["LocalProvider"]


class LocalProvider:
    """One configured use of this machine as a cloud. Making it touches nothing."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self._name = name
        self._settings = Settings.from_config(config)
        self._driver: Driver | None = None

    @hookimpl
    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Say whether servers can be kept here."""
        try:
            return self._servers(context).check_connection(context)
        except (ProviderError, ExtensionBroken) as error:
            hint = f" ({error.hint})" if isinstance(error, ExtensionBroken) else ""
            return ConnectionStatus(reachable=False, message=f"{error.message}{hint}")

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, oldest first, each one looked at when its turn comes."""
        yield from self._servers(context).list_servers(labels, context)

    @hookimpl
    def get_server(self, server_id: str, context: OperationContext) -> Server:
        """Return one server; raise `NotFound` when it is gone."""
        return self._servers(context).get_server(server_id, context)

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a server and start it; the same token is the same server, and must come with the same request."""
        return self._servers(context).create_server(spec, client_token, labels, context)

    @hookimpl
    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server that was created with this token, or None."""
        return self._servers(context).find_server(client_token, context)

    @hookimpl
    def delete_server(self, server_id: str, context: OperationContext) -> None:
        """Delete a server with everything that it wrote; one that is gone is a success."""
        self._servers(context).delete_server(server_id, context)

    @hookimpl
    def start_server(self, server_id: str, context: OperationContext) -> None:
        """Start a server that is stopped or has failed; one that runs is a success."""
        self._servers(context).start_server(server_id, context)

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop a server and wait for its end; one that is stopped is a success."""
        self._servers(context).stop_server(server_id, context)

    @hookimpl
    def reboot_server(self, server_id: str, context: OperationContext) -> None:
        """Reboot a running server; raise `ResourceConflict` when it does not run."""
        self._servers(context).reboot_server(server_id, context)

    @hookimpl
    def list_sizes(self) -> Sequence[Size]:
        """Return the sizes, which limit containers and are names for processes."""
        return SIZES

    @hookimpl
    def list_images(self, context: OperationContext) -> Sequence[Image]:
        """Return the built-in image and those of the configuration, or those of the Docker engine."""
        return self._servers(context).list_images(context)

    @hookimpl
    def list_zones(self) -> Sequence[Zone]:
        """Return the zones, which differ in name only."""
        return ZONES

    @hookimpl
    def create_asset(
        self, spec: AssetSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Asset[Any]:
        """Create a volume or a network of the Docker engine; the same token is the same one."""
        return self._servers(context).assets.create_asset(spec, client_token, labels, context)

    @hookimpl
    def find_asset(self, kind: AssetKind, client_token: str, context: OperationContext) -> Asset[Any] | None:
        """Return what was created with this token, or None."""
        return self._servers(context).assets.find_asset(kind, client_token, context)

    @hookimpl
    def get_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> Asset[Any]:
        """Return a volume or a network; raise `NotFound` when it is gone."""
        return self._servers(context).assets.get_asset(kind, asset_id, context)

    @hookimpl
    def list_assets(
        self, kind: AssetKind, labels: Mapping[str, str] | None, context: OperationContext
    ) -> Iterator[Asset[Any]]:
        """Yield the volumes or networks that carry all of `labels`."""
        yield from self._servers(context).assets.list_assets(kind, labels, context)

    @hookimpl
    def delete_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> None:
        """Delete a volume or a network; one that is gone is a success."""
        self._servers(context).assets.delete_asset(kind, asset_id, context)

    def _servers(self, context: OperationContext) -> Driver:
        if self._driver is None:
            self._driver = self._make_driver(context)
        return self._driver

    def _make_driver(self, context: OperationContext) -> Driver:
        if chosen_driver(self._settings, self._name, context.directory) != DOCKER:
            return ProcessDriver(self._name, self._settings)
        try:
            from provisioning_local.docker_driver import DockerDriver  # noqa: PLC0415 - its SDK is slow, and optional
        except ModuleNotFoundError as error:
            raise ExtensionBroken(
                f"provider {self._name} needs the Docker SDK, and module {error.name} is not installed",
                extension="local",
                hint="pip install 'provisioning[docker]'",
            ) from error
        return DockerDriver(self._name, self._settings)
