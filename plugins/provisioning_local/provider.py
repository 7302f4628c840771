"""The local provider: the hooks of the contract, each one handed to a server or to the catalog."""

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provisioning.contract import ConnectionStatus, Image, OperationContext, Server, ServerSpec, Size, Zone, hookimpl
from provisioning.errors import ProviderError
from provisioning_local.catalog import SIZES, ZONES, images
from provisioning_local.disk import translated
from provisioning_local.home import Home
from provisioning_local.request import Request
from provisioning_local.server import LocalServer, no_server
from provisioning_local.settings import Settings
from provisioning_local.sighting import look

__all__ = ["LocalProvider", "id_from_token"]

_ID = re.compile(r"srv-[0-9a-f]{16}")


def id_from_token(client_token: str) -> str:
    """Return the id of the server that is made with this token: the same token is the same server by construction."""
    return "srv-" + hashlib.sha256(client_token.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class LocalProvider:
    """One configured use of this machine as a cloud. Making it touches nothing."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self._name = name
        self._settings = Settings.from_config(config)

    @hookimpl
    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Say whether servers can be kept in the directory, by writing there."""
        begin = context.clock()
        try:
            with self._root(context) as root:
                root.mkdir(mode=0o700, parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=root, prefix=".check-", buffering=0) as file:
                    file.write(b"x")
        except ProviderError as error:
            return ConnectionStatus(reachable=False, message=error.message)
        return ConnectionStatus(
            reachable=True,
            message=f"servers live in {root}",
            latency=context.clock() - begin,
            details={"directory": str(root)},
        )

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, oldest first, each one looked at when its turn comes."""
        wanted = dict(labels or {}).items()
        with self._root(context) as root:
            for home in _homes(root):
                sighting = look(home)
                server = sighting.as_server(self._name)
                if sighting.is_server and wanted <= server.labels.items():
                    yield server

    @hookimpl
    def get_server(self, server_id: str, context: OperationContext) -> Server:
        """Return one server; raise `NotFound` when it is gone."""
        with self._known(server_id, context) as server:
            sighting = server.see()
            if sighting is None:
                raise no_server(self._name, server_id)
            return sighting.as_server(self._name)

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a server and start it; the same token is the same server, and must come with the same request."""
        request = Request(spec, client_token, labels, self._name)
        with self._server(id_from_token(client_token), context) as server:
            return server.create(request).as_server(self._name)

    @hookimpl
    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server that was created with this token, or None."""
        with self._server(id_from_token(client_token), context) as server:
            sighting = server.see()
            return None if sighting is None else sighting.as_server(self._name)

    @hookimpl
    def delete_server(self, server_id: str, context: OperationContext) -> None:
        """Delete a server with everything that it wrote; one that is gone is a success."""
        if _ID.fullmatch(server_id):
            with self._server(server_id, context) as server:
                server.delete()

    @hookimpl
    def start_server(self, server_id: str, context: OperationContext) -> None:
        """Start a server that is stopped or has failed; one that runs is a success."""
        with self._known(server_id, context) as server:
            server.start()

    @hookimpl
    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop a server and wait for its end; one that is stopped is a success."""
        with self._known(server_id, context) as server:
            server.stop()

    @hookimpl
    def reboot_server(self, server_id: str, context: OperationContext) -> None:
        """Reboot a running server; raise `ResourceConflict` when it does not run."""
        with self._known(server_id, context) as server:
            server.reboot()

    @hookimpl
    def list_sizes(self) -> Sequence[Size]:
        """Return the nominal sizes."""
        return SIZES

    @hookimpl
    def list_images(self) -> Sequence[Image]:
        """Return the built-in image and those of the configuration."""
        return images(self._settings.images)

    @hookimpl
    def list_zones(self) -> Sequence[Zone]:
        """Return the zones, which differ in name only."""
        return ZONES

    @contextmanager
    def _root(self, context: OperationContext) -> Iterator[Path]:
        root = self._settings.root(self._name, context.directory)
        with translated(self._name, root):
            yield root

    @contextmanager
    def _server(self, server_id: str, context: OperationContext) -> Iterator[LocalServer]:
        with self._root(context) as root:
            yield LocalServer(Home(root / server_id), self._name, self._settings, context)

    @contextmanager
    def _known(self, server_id: str, context: OperationContext) -> Iterator[LocalServer]:
        if not _ID.fullmatch(server_id):
            raise no_server(self._name, server_id)
        with self._server(server_id, context) as server:
            yield server


def _homes(root: Path) -> list[Home]:
    """Return the directories of servers, in the order of their creation."""
    try:
        homes = [Home(path) for path in root.iterdir() if _ID.fullmatch(path.name)]
    except FileNotFoundError:
        return []
    return sorted(homes, key=lambda home: (_creation(home), home.id))


def _creation(home: Home) -> int:
    try:
        return home.lock.stat().st_mtime_ns
    except OSError:
        return 0
