"""A real server of the API on a free port of this machine, and a way to ask it things."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from provisioning.api import ApiSettings
from provisioning.api.server import Server
from provisioning.app import App

__all__ = ["Answer", "Asking", "serving"]


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def error(self) -> Any:
        return self.body["error"]


@dataclass
class Asking:
    """Asks one server; `headers` go with every request."""

    url: str
    server: Server | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def open(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        shown = {**({} if body is None else {"Content-Type": "application/json"}), **self.headers, **(headers or {})}
        request = urllib.request.Request(self.url + path, content, shown, method=method)
        return urllib.request.urlopen(request, timeout=30)

    def __call__(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        try:
            with self.open(method, path, body, headers) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def wait(self, workflow_id: str) -> str:
        """Follow a run to its end; return the state in which it is then."""
        with self.open("GET", f"/workflows/{workflow_id}/logs?follow=true") as lines:
            for _ in lines:
                pass
        state: str = self.get(f"/workflows/{workflow_id}").data["state"]
        return state


@contextmanager
def serving(app: App, **settings: Any) -> Iterator[Asking]:
    """Serve a workspace until the block ends."""
    server = Server(app, ApiSettings(**{"rate": 0.0, "patience": 20.0, **settings}))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    ready = threading.Event()
    startup = server.startup

    async def tell(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        ready.set()

    server.startup = tell  # type: ignore[method-assign]
    thread.start()
    try:
        assert ready.wait(30)
        yield Asking(f"http://127.0.0.1:{listening.getsockname()[1]}", server)
    finally:
        server.should_exit = True
        thread.join(60)
        listening.close()
        assert not thread.is_alive()
