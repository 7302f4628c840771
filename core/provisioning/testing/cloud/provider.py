"""The provider of the fake cloud: as thin as any provider is."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
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
from provisioning.errors import NetworkFailure
from provisioning.testing.cloud.catalog import IMAGES, SIZES, ZONES
from provisioning.testing.cloud.fake_cloud import FakeCloud
from provisioning.testing.cloud.manners import Manners

__all__ = ["FakeProvider"]


class FakeProvider:
    """One configured use of the fake cloud. Making it touches nothing.

    Without a `cloud` it uses the one in the file that the option `state` names (relative to the workspace), by default
    `.provisioning/fake-NAME.db`; processes which name the same file meet the same cloud. The other options are the
    cloud's `Manners`.
    """

    def __init__(self, name: str, config: Mapping[str, Any], cloud: FakeCloud | None = None) -> None:
        self._manners = Manners.from_options(config)
        self._state = str(config.get("state", f".provisioning/fake-{name}.db"))
        self._cloud = cloud
        self._lock = threading.Lock()

    def _at(self, context: OperationContext) -> FakeCloud:
        """Return the cloud as soon as it would answer; raise what ends the wait for it."""
        cloud = self._opened(Path(context.directory))
        cloud.sent()
        latency, remaining = cloud.manners.latency, context.remaining
        if latency:
            context.cancellation.wait(latency if remaining is None else min(latency, remaining))
            context.check()
        return cloud

    def _opened(self, workspace: Path) -> FakeCloud:
        with self._lock:
            if self._cloud is None:
                try:
                    self._cloud = FakeCloud(self._manners, path=workspace / self._state)
                except (OSError, sqlite3.Error) as error:
                    raise NetworkFailure(f"the fake cloud in {self._state} cannot be reached: {error}") from error
            return self._cloud

    @hookimpl
    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Say whether the cloud's file can be used."""
        try:
            self._at(context)
        except NetworkFailure as error:
            return ConnectionStatus(reachable=False, message=error.message)
        return ConnectionStatus(reachable=True, message="a cloud that is made up")

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, asking for a page when it is needed."""
        wanted = dict(labels or {}).items()
        mark: int | None = 0
        while mark is not None:
            page, mark = self._at(context).list_servers(mark)
            yield from (server for server in page if wanted <= server.labels.items())

    @hookimpl
    def get_server(self, server_id: str, context: OperationContext) -> Server:
        """Return one server, or raise `NotFound`."""
        return self._at(context).get_server(server_id)

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a server; of a cloud that does not honour tokens it is asked first whether there is one with ours."""
        cloud = self._at(context)
        known = None if cloud.manners.honours_tokens else cloud.find_server(client_token)
        return known or cloud.create_server(spec, client_token, labels)

    @hookimpl
    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server that was created with this token, or None."""
        return self._at(context).find_server(client_token)

    @hookimpl
    def delete_server(self, server_id: str, context: OperationContext) -> None:
        """Delete a server; one that is gone is a success."""
        self._at(context).delete_server(server_id)

    @hookimpl
    def start_server(self, server_id: str, context: OperationContext) -> None:
        """Start a server."""
        self._at(context).start_server(server_id)

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop a server."""
        self._at(context).stop_server(server_id)

    @hookimpl
    def reboot_server(self, server_id: str, context: OperationContext) -> None:
        """Reboot a server."""
        self._at(context).reboot_server(server_id)

    @hookimpl
    def list_sizes(self) -> Sequence[Size]:
        """Return the sizes on offer."""
        return SIZES

    @hookimpl
    def list_images(self) -> Sequence[Image]:
        """Return the images on offer."""
        return IMAGES

    @hookimpl
    def list_zones(self) -> Sequence[Zone]:
        """Return the zones on offer."""
        return ZONES

    @hookimpl
    def create_asset(
        self, spec: AssetSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Asset[Any]:
        """Create an asset; of a cloud that does not honour tokens it is asked first whether there is one with ours."""
        cloud = self._at(context)
        known = None if cloud.manners.honours_tokens else cloud.assets.find(spec.kind, client_token)
        return known or cloud.assets.create(spec, client_token, labels)

    @hookimpl
    def find_asset(self, kind: AssetKind, client_token: str, context: OperationContext) -> Asset[Any] | None:
        """Return the asset that was created with this token, or None."""
        return self._at(context).assets.find(kind, client_token)

    @hookimpl
    def get_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> Asset[Any]:
        """Return one asset, or raise `NotFound`."""
        return self._at(context).assets.get(kind, asset_id)

    @hookimpl
    def list_assets(
        self, kind: AssetKind, labels: Mapping[str, str] | None, context: OperationContext
    ) -> Iterator[Asset[Any]]:
        """Yield the assets that carry all of `labels`, asking for a page when it is needed."""
        wanted = dict(labels or {}).items()
        mark: int | None = 0
        while mark is not None:
            page, mark = self._at(context).assets.list(kind, mark)
            yield from (asset for asset in page if wanted <= asset.labels.items())

    @hookimpl
    def delete_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> None:
        """Delete an asset; one that is gone is a success."""
        self._at(context).assets.delete(kind, asset_id)

    @hookimpl
    def attach_volume(self, volume_id: str, server_id: str, context: OperationContext) -> None:
        """Give a volume to a server."""
        self._at(context).assets.attach(volume_id, server_id)

    @hookimpl
    def detach_volume(self, volume_id: str, context: OperationContext) -> None:
        """Take a volume from its server."""
        self._at(context).assets.detach(volume_id)
