"""A Docker engine for tests: the one that `TEST_DOCKER_SOCKET` names, with a tiny image of our own.

`.ci/run` starts one, with its own folder and socket. By hand, as root, with Debian's `docker.io` and `busybox-static`:
`dockerd --data-root F/data --exec-root F/exec --pidfile F/pid -H unix://F/socket`.
"""

import io
import os
import tarfile
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker
import pytest

from provisioning.contract import OperationContext, Server, ServerSpec
from provisioning_local.provider import LocalProvider

__all__ = ["IMAGE", "Containers", "engine_socket", "load_image"]

IMAGE = "provisioning-test:1"
_BUSYBOX = Path("/bin/busybox")
_COMMANDS = ("cat", "cp", "env", "httpd", "kill", "mkdir", "sh", "sleep")
_SERVE = "mkdir -p /www && cp $USER_DATA_FILE /www/index.html && exec httpd -f -p 8080 -h /www"
_CHANGES = ["ENV PATH=/bin", "EXPOSE 8080", f'CMD ["sh", "-c", "{_SERVE}"]', "LABEL maker=nobody"]


def engine_socket() -> str:
    """Return the engine's socket, or skip the test that needs one."""
    socket = os.environ.get("TEST_DOCKER_SOCKET")
    if not socket:
        pytest.skip("no Docker engine: TEST_DOCKER_SOCKET names none (.ci/run starts one)")
    return socket


def load_image(socket: str) -> None:
    """Make the tiny image, where the engine lacks it: an HTTP server at port 8080 that answers with its user data."""
    with closing(docker.APIClient(f"unix://{socket}", version="auto")) as client:
        if not client.images(IMAGE):
            repository, tag = IMAGE.split(":")
            client.import_image_from_data(_root(), repository=repository, tag=tag, changes=_CHANGES)


def _root() -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(_BUSYBOX, "bin/busybox")
        for name in _COMMANDS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return archive.getvalue()


class Containers:
    """A provider over the engine, with the calls that tests make of it; other tests use the same engine."""

    def __init__(self, socket: str, eventually: Callable[[Callable[[], Any]], Any]) -> None:
        self.socket = socket
        self._eventually = eventually
        self.mark = {"test": uuid4().hex}
        self.context = OperationContext()
        self.provider = self.make_provider()

    def make_provider(self, **config: Any) -> LocalProvider:
        """Return another provider over the same engine."""
        own = {"driver": "docker", "docker_socket": self.socket, "default_image": IMAGE, "stop_timeout": 0}
        return LocalProvider("here", {**own, **config})

    def token(self, token: str = "token-1") -> str:
        """Return the client token of this test that goes by a short name."""
        return f"{token}-{self.mark['test']}"

    def create(
        self, token: str = "token-1", labels: Mapping[str, str] | None = None, provider: Any = None, **spec: Any
    ) -> Server:
        """Create a server named `web` unless told otherwise."""
        asked = ServerSpec(**{"name": "web", **spec})
        owner = provider or self.provider
        server: Server = owner.create_server(asked, self.token(token), {**self.mark, **(labels or {})}, self.context)
        return server

    def get(self, server_id: str) -> Server:
        """Return one server."""
        return self.provider.get_server(server_id, self.context)

    def find(self, token: str = "token-1") -> Server | None:
        """Return the server of a token."""
        return self.provider.find_server(self.token(token), self.context)

    def wait_for(self, server_id: str, state: str) -> Any:
        """Return the server once it is in this state."""
        return self._eventually(lambda: (server := self.get(server_id)).state == state and server)

    def url(self, server: Server) -> str:
        """Return the URL of a server of the tiny image once it answers: its command may take a moment."""
        url: str = server.raw["url"]
        self._eventually(lambda: _answers(url))
        return url

    def servers(self, labels: Mapping[str, str] | None = None) -> list[Server]:
        """Return all servers of this test with these labels."""
        return list(self.provider.list_servers({**self.mark, **(labels or {})}, self.context))

    def delete(self, server_id: str) -> None:
        """Delete a server."""
        self.provider.delete_server(server_id, self.context)

    def ask(self, call: Callable[[Any], Any]) -> Any:
        """Ask the engine itself."""
        with closing(docker.APIClient(f"unix://{self.socket}", version="auto")) as client:
            return call(client)

    def seen(self, server: Server) -> dict[str, Any]:
        """Return a server's container as the engine shows it."""
        shown: dict[str, Any] = self.ask(lambda client: client.inspect_container(server.raw["container"]))
        return shown

    def log(self, server: Server) -> str:
        """Return what a server printed."""
        text: bytes = self.ask(lambda client: client.logs(server.raw["container"]))
        return text.decode()

    def close(self) -> None:
        """Delete every server of this test."""
        for server in self.servers():
            self.delete(server.id)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True
