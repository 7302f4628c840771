"""A little cloud in memory, and operations as the driver would hand them to a kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import (
    Cancellation,
    ConnectionStatus,
    Image,
    Operation,
    OperationContext,
    OperationKind,
    Pending,
    ProviderLimits,
    Server,
    ServerSpec,
    ServerState,
    Size,
    Zone,
)
from provisioning.errors import NotFound
from provisioning_kinds.plugin import KindsPlugin

KINDS = {kind.name: kind for kind in KindsPlugin().operation_kinds()}
S = ServerState


class Cloud:
    """A cloud that is slow: each look at a server lets it take the next step of its way.

    `boot` is the way of a new server. `calls` is what was asked of it, in order. `hidden` is how often a new server is
    not found at first.
    """

    def __init__(self, boot: Sequence[ServerState] = (S.PENDING, S.STARTING, S.RUNNING)) -> None:
        self.boot = list(boot)
        self.servers: dict[str, Server] = {}
        self.calls: list[str] = []
        self.hidden = 0
        self.name, self.type = "mem", "memory"
        self.capabilities = frozenset({"start_stop", "reboot"})
        self.limits = ProviderLimits()
        self._ways: dict[str, list[ServerState]] = {}

    def put(self, state: ServerState, server_id: str = "s-1", **more: Any) -> Server:
        """Let there be a server."""
        self.servers[server_id] = Server(server_id, "web", state, provider="mem", **more)
        return self.servers[server_id]

    def send(self, server_id: str, *way: ServerState) -> Server:
        """Send a server on its way; its first step is now."""
        self._ways[server_id] = list(way[1:])
        self.servers[server_id] = replace(self.servers[server_id], state=way[0])
        return self.servers[server_id]

    def check_connection(self, context: OperationContext | None = None) -> ConnectionStatus:
        """Answer."""
        return ConnectionStatus(reachable=True)

    def list_servers(
        self, labels: Mapping[str, str] | None = None, context: OperationContext | None = None
    ) -> Iterator[Server]:
        """Yield all servers that carry the labels."""
        wanted = (labels or {}).items()
        return iter([server for server in self.servers.values() if wanted <= server.labels.items()])

    def get_server(self, server_id: str, context: OperationContext | None = None) -> Server:
        """Let a server take the next step of its way, and return it."""
        if server_id not in self.servers or self.hidden:
            self.hidden = max(self.hidden - 1, 0)
            raise NotFound(f"no server {server_id}", provider="mem")
        server, way = self.servers[server_id], self._ways.get(server_id, [])
        if way:
            server = self.send(server_id, *way)
        if server.state is S.DELETED:
            del self.servers[server_id]
        return server

    def create_server(
        self,
        spec: ServerSpec,
        client_token: str,
        labels: Mapping[str, str],
        context: OperationContext | None = None,
    ) -> Server:
        """Create a server, or return the one that this token made."""
        self.calls.append(f"create {spec.name}")
        known = self.find_server(client_token)
        if known is not None:
            return known
        server_id = f"s-{len(self.servers) + 1}"
        self.servers[server_id] = Server(
            server_id,
            spec.name,
            S.PENDING,
            "mem",
            spec.zone,
            spec.size,
            spec.image,
            labels=labels,
            client_token=client_token,
        )
        return self.send(server_id, *self.boot)

    def find_server(self, client_token: str, context: OperationContext | None = None) -> Server | None:
        """Return the server that this token made."""
        return next((server for server in self.servers.values() if server.client_token == client_token), None)

    def delete_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Begin to delete a server."""
        self.calls.append(f"delete {server_id}")
        if server_id in self.servers:
            self.send(server_id, S.DELETING, S.DELETING, S.DELETED)

    def start_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Begin to start a server."""
        self._act("start", server_id, S.STARTING, S.STARTING, S.RUNNING)

    def stop_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Begin to stop a server."""
        self._act("stop", server_id, S.STOPPING, S.STOPPING, S.STOPPED)

    def reboot_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Begin to reboot a server."""
        self._act("reboot", server_id, S.REBOOTING, S.STARTING, S.RUNNING)

    def _act(self, verb: str, server_id: str, *way: ServerState) -> None:
        self.calls.append(f"{verb} {server_id}")
        if server_id not in self.servers:
            raise NotFound(f"no server {server_id}", provider="mem")
        self.send(server_id, *way)

    def list_sizes(self, context: OperationContext | None = None) -> Sequence[Size]:
        """Offer nothing."""
        return ()

    def list_images(self, context: OperationContext | None = None) -> Sequence[Image]:
        """Offer nothing."""
        return ()

    def list_zones(self, context: OperationContext | None = None) -> Sequence[Zone]:
        """Offer nothing."""
        return ()


@dataclass
class Bench:
    """A place where one operation of a kind is called, step by step, as the driver does it."""

    directory: Path
    cloud: Cloud = field(default_factory=Cloud)
    notes: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    on_note: Callable[[str, Mapping[str, Any]], None] = lambda kind, data: None
    cancellation: Cancellation = field(default_factory=Cancellation)
    deadline: float | None = None
    pendings: list[Pending] = field(default_factory=list)

    @property
    def context(self) -> OperationContext:
        """Return the surroundings of a call."""
        return OperationContext(
            workflow_id="wf-1",
            operation_id="op",
            deadline=self.deadline,
            cancellation=self.cancellation,
            note=self._note,
            directory=str(self.directory),
        )

    def _note(self, kind: str, data: Mapping[str, Any]) -> None:
        self.notes.append((kind, data))
        self.on_note(kind, data)

    def operation(self, kind: str, parameters: Mapping[str, Any], **more: Any) -> Operation:
        """Return an operation of this kind, with parameters that its schema allows."""
        import jsonschema

        jsonschema.Draft202012Validator(KINDS[kind].parameters).validate(parameters)
        fields: dict[str, Any] = {"id": "op", "workflow_id": "wf-1", "client_token": "token-1", **more}
        return Operation(kind=kind, parameters=parameters, **fields)

    def call(self, step: str, operation: Operation, **more: Any) -> Any:
        """Call one hook of the operation's kind, with the arguments that it takes, as pluggy does."""
        return self.call_kind(KINDS[operation.kind], step, operation, **more)

    def call_kind(self, kind: OperationKind, step: str, operation: Operation, **more: Any) -> Any:
        """Call one hook of a kind."""
        hook = getattr(kind.handler, f"{step}_operation")
        names = hook.__code__.co_varnames[1 : hook.__code__.co_argcount]
        offered = {"operation": operation, "provider": self.cloud, "context": self.context, **more}
        return hook(**{name: offered[name] for name in names})

    def finish(self, step: str, operation: Operation, **more: Any) -> Any:
        """Call one hook again and again until it is done; keep what it said on the way in `pendings`."""
        for _ in range(100):
            outcome = self.call(step, operation, **more)
            if not isinstance(outcome, Pending):
                return outcome
            self.pendings.append(outcome)
            operation = replace(operation, state=outcome.state)
        raise AssertionError(f"{step} of {operation.kind} does not end")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a bench with an empty workspace and an empty cloud."""
    return Bench(tmp_path)
