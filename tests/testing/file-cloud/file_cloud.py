"""A cloud that is a folder: many processes may use it, and one that is killed leaves what it had done."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from provisioning import ConnectionStatus, NotFound, OperationContext, Server, ServerSpec, ServerState, hookimpl

__all__ = ["FileCloud"]


class FileCloud:
    """A server is a file; where the file `hold` is, the answer to a creation is held until the context ends."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.folder = Path(config["folder"])
        self.forgets = config.get("forgets", False)

    @hookimpl
    def check_connection(self) -> ConnectionStatus:
        """Answer."""
        return ConnectionStatus(reachable=True)

    @hookimpl
    def list_servers(self, labels: Mapping[str, str] | None) -> Iterator[Server]:
        """Yield those with the labels."""
        for path in sorted(self.folder.glob("*.json")):
            server = Server(**{**json.loads(path.read_text()), "state": ServerState.RUNNING})
            if (labels or {}).items() <= server.labels.items():
                yield server

    @hookimpl
    def get_server(self, server_id: str) -> Server:
        """Return one."""
        for server in self.list_servers(None):
            if server.id == server_id:
                return server
        raise NotFound(f"there is no server {server_id}")

    @hookimpl
    def create_server(
        self, spec: ServerSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Server:
        """Create one, with its token at once, or (a bad cloud) with its token afterwards."""
        found = self.find_server(client_token)
        if found is not None:
            return found
        number = len(list(self.folder.glob("*.json")))
        made = {"id": f"i-{number}", "name": spec.name, "labels": dict(labels), "client_token": client_token}
        self._write(number, {**made, "client_token": None} if self.forgets else made)
        hold = self.folder / "hold"
        if hold.exists():
            hold.unlink()
            context.cancellation.wait(60)
        self._write(number, made)
        return self.get_server(made["id"])

    def _write(self, number: int, made: Mapping[str, Any]) -> None:
        new = self.folder / f"{number}.new"
        new.write_text(json.dumps(made))
        new.replace(self.folder / f"{number}.json")

    @hookimpl
    def find_server(self, client_token: str) -> Server | None:
        """Return the one of the token."""
        return next((one for one in self.list_servers(None) if one.client_token == client_token), None)

    @hookimpl
    def delete_server(self, server_id: str) -> None:
        """Delete one."""
        (self.folder / f"{server_id.removeprefix('i-')}.json").unlink(missing_ok=True)
