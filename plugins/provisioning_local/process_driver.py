"""Servers that are supervised processes: each call is handed to the server that it is about."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from provisioning.contract import ConnectionStatus, Image, OperationContext, Server, ServerSpec
from provisioning_local.assets import NoAssets
from provisioning_local.catalog import images
from provisioning_local.disk import translated
from provisioning_local.home import Home
from provisioning_local.identity import id_from_token, is_id, no_server
from provisioning_local.request import Request
from provisioning_local.server import LocalServer
from provisioning_local.settings import Settings
from provisioning_local.sighting import look

__all__ = ["ProcessDriver"]


class ProcessDriver:
    """The servers of one instance, each in a directory of its own. Making the driver touches nothing."""

    def __init__(self, provider: str, settings: Settings) -> None:
        self._name = provider
        self.assets = NoAssets(provider)
        self._settings = settings

    def check_connection(self, context: OperationContext) -> ConnectionStatus:
        """Say whether servers can be kept in the directory, by writing there."""
        begin = context.clock()
        with self._root(context) as root:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root, prefix=".check-", buffering=0) as file:
                file.write(b"x")
        return ConnectionStatus(
            reachable=True,
            message=f"servers live in {root}",
            latency=context.clock() - begin,
            details={"directory": str(root)},
        )

    def list_servers(self, labels: Mapping[str, str] | None, context: OperationContext) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, oldest first, each one looked at when its turn comes."""
        wanted = dict(labels or {}).items()
        with self._root(context) as root:
            for home in _homes(root):
                sighting = look(home)
                server = sighting.as_server(self._name)
                if sighting.is_server and wanted <= server.labels.items():
                    yield server

    def get_server(self, server_id: str, context: OperationContext) -> Server:
        """Return one server; raise `NotFound` when it is gone."""
        with self._known(server_id, context) as server:
            sighting = server.see()
            if sighting is None:
                raise no_server(self._name, server_id)
            return sighting.as_server(self._name)

    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create a server and start it; the same token is the same server, and must come with the same request."""
        request = Request(spec, client_token, labels, self._name)
        with self._server(id_from_token(client_token), context) as server:
            return server.create(request).as_server(self._name)

    def find_server(self, client_token: str, context: OperationContext) -> Server | None:
        """Return the server that was created with this token, or None."""
        with self._server(id_from_token(client_token), context) as server:
            sighting = server.see()
            return None if sighting is None else sighting.as_server(self._name)

    def delete_server(self, server_id: str, context: OperationContext) -> None:
        """Delete a server with everything that it wrote; one that is gone is a success."""
        if is_id(server_id):
            with self._server(server_id, context) as server:
                server.delete()

    def start_server(self, server_id: str, context: OperationContext) -> None:
        """Start a server that is stopped or has failed; one that runs is a success."""
        with self._known(server_id, context) as server:
            server.start()

    def stop_server(self, server_id: str, context: OperationContext) -> None:
        """Stop a server and wait for its end; one that is stopped is a success."""
        with self._known(server_id, context) as server:
            server.stop()

    def reboot_server(self, server_id: str, context: OperationContext) -> None:
        """Reboot a running server; raise `ResourceConflict` when it does not run."""
        with self._known(server_id, context) as server:
            server.reboot()

    def list_images(self, context: OperationContext) -> Sequence[Image]:  # noqa: ARG002 - as drivers have it
        """Return the built-in image and those of the configuration."""
        return images(self._settings.images)

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
        if not is_id(server_id):
            raise no_server(self._name, server_id)
        with self._server(server_id, context) as server:
            yield server


def _homes(root: Path) -> list[Home]:
    """Return the directories of servers, in the order of their creation."""
    try:
        homes = [Home(path) for path in root.iterdir() if is_id(path.name)]
    except FileNotFoundError:
        return []
    return sorted(homes, key=lambda home: (_creation(home), home.id))


def _creation(home: Home) -> int:
    try:
        return home.lock.stat().st_mtime_ns
    except OSError:
        return 0
