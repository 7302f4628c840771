"""A local cloud for one test: made in a folder of its own, and empty of servers and processes at the end."""

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import OperationContext, Server, ServerSpec
from provisioning_local.home import Home
from provisioning_local.identity import id_from_token
from provisioning_local.life import Life, read_life
from provisioning_local.process import identify
from provisioning_local.provider import LocalProvider

Eventually = Callable[[Callable[[], Any]], Any]
_PATIENCE = 20.0


def _eventually(truth: Callable[[], Any]) -> Any:
    """Ask until the answer is true, for a bounded time; return the answer."""
    end = time.monotonic() + _PATIENCE
    while not (answer := truth()):
        assert time.monotonic() < end, "it did not become true"
        os.sched_yield()
    return answer


@pytest.fixture
def eventually() -> Eventually:
    """Return a function that asks until the answer is true, for a bounded time."""
    return _eventually


class Cloud:
    """A provider over one folder, with the calls that tests make of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.context = OperationContext()
        self.provider = self.make_provider()

    def make_provider(self, **config: Any) -> LocalProvider:
        """Return another provider over the same folder."""
        return LocalProvider("here", {"directory": str(self.directory), "stop_timeout": 2, **config})

    def create(self, token: str = "token-1", labels: Mapping[str, str] | None = None, **spec: Any) -> Server:
        """Create a server named `web` unless told otherwise."""
        return self.provider.create_server(ServerSpec(**{"name": "web", **spec}), token, labels or {}, self.context)

    def command(self, *arguments: str, token: str = "token-1") -> Server:
        """Create a server that runs this command."""
        return self.create(token, extra={"command": list(arguments)})

    def get(self, server_id: str) -> Server:
        """Return one server."""
        return self.provider.get_server(server_id, self.context)

    def find(self, token: str = "token-1") -> Server | None:
        """Return the server of a token."""
        return self.provider.find_server(token, self.context)

    def servers(self, labels: Mapping[str, str] | None = None) -> list[Server]:
        """Return all servers with these labels."""
        return list(self.provider.list_servers(labels, self.context))

    def delete(self, server_id: str) -> None:
        """Delete a server."""
        self.provider.delete_server(server_id, self.context)

    def stop(self, server_id: str) -> None:
        """Stop a server."""
        self.provider.stop_server(server_id, self.context)

    def start(self, server_id: str) -> None:
        """Start a server."""
        self.provider.start_server(server_id, self.context)

    def reboot(self, server_id: str) -> None:
        """Reboot a server."""
        self.provider.reboot_server(server_id, self.context)

    def home(self, token: str = "token-1") -> Home:
        """Return the directory of the server of a token, there or not."""
        return Home(self.directory / id_from_token(token))

    def life(self, token: str = "token-1") -> Life:
        """Return the sign of life of the server of a token."""
        return read_life(self.home(token).life)

    def wait_for(self, server_id: str, state: str) -> Server:
        """Return the server once it is in this state."""
        return _eventually(lambda: (server := self.get(server_id)).state == state and server)

    def log(self, token: str = "token-1") -> str:
        """Return what the server printed so far."""
        return self.home(token).log.read_text()

    def processes(self) -> list[int]:
        """Return the numbers of all processes, supervisors and commands, that have to do with this folder."""
        folder = os.fsencode(self.directory) + b"/srv-"
        numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in numbers if _concerns(pid, folder)]


def _concerns(pid: int, folder: bytes) -> bool:
    try:
        entry = Path("/proc") / str(pid)
        belongs = folder in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
    except OSError:
        return False
    return belongs and identify(pid) is not None


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """Return an empty cloud; afterwards all is deleted, and nothing may be left."""
    cloud = Cloud(tmp_path.resolve() / "cloud")
    yield cloud
    for server in cloud.servers():
        cloud.delete(server.id)
    assert cloud.servers() == []
    _eventually(lambda: cloud.processes() == [])


@pytest.fixture
def fetch() -> Callable[[str], Any]:
    """Return a function that gets a JSON document over HTTP."""

    def fetch(url: str) -> Any:
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert answer.headers["Content-Type"] == "application/json"
            return json.load(answer)

    return fetch
