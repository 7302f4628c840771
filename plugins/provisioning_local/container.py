"""A container as the engine shows it, in the words of the contract.

A server is a container whose labels hold what was asked for *and* whose name derives from the client token in them:
whatever is made from an image of a server's container inherits its labels, and is no server.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.contract import Server, ServerState
from provisioning_local.boot import HOST
from provisioning_local.catalog import DEFAULT_SIZE, DEFAULT_ZONE
from provisioning_local.identity import id_from_token
from provisioning_local.request import Request

__all__ = ["TOKEN_LABEL", "Container", "Marks", "marks_of"]

TOKEN_LABEL = "provisioning.client-token"  # noqa: S105 - a name
_REQUEST_LABEL = "provisioning.request"

_STATES = {
    "created": ServerState.PENDING,
    "running": ServerState.RUNNING,
    "restarting": ServerState.STARTING,
    "removing": ServerState.DELETING,
    "exited": ServerState.STOPPED,
    "dead": ServerState.ERROR,
}
_CALM_ENDS = frozenset({0, 130, 131, 137, 143})
"""Exit statuses of a command that ended in its own time, or by SIGINT, SIGQUIT, SIGKILL or SIGTERM."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the labels of a container say of the server that it is."""

    client_token: str
    asked: Mapping[str, Any]
    labels: Mapping[str, str]

    @classmethod
    def from_request(cls, request: Request) -> "Marks":
        """Return what a new server is marked with."""
        return cls(request.client_token, request.asked, request.labels)

    def as_labels(self) -> dict[str, str]:
        """Return the container's labels: the server's own, for people, and all that is known of it, in one text.

        The text keeps what labels of containers cannot, and keeps out the labels that come with an image.
        """
        document = {"client_token": self.client_token, "asked": self.asked, "labels": self.labels}
        return {**self.labels, TOKEN_LABEL: self.client_token, _REQUEST_LABEL: json.dumps(document)}


def marks_of(name: str, labels: Mapping[str, str] | None) -> Marks | None:
    """Read the labels of the container of this name; None when it is no server."""
    try:
        document = json.loads((labels or {})[_REQUEST_LABEL])
        marks = Marks(document["client_token"], dict(document["asked"]), dict(document["labels"]))
        return marks if name.removeprefix("/") == id_from_token(marks.client_token) else None
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


class Container:
    """A container that is a server, at one moment; `key` is what the engine calls it, and no later one."""

    def __init__(self, seen: Mapping[str, Any], marks: Marks) -> None:
        self._seen = seen
        self._state: Mapping[str, Any] = seen["State"]
        self.marks = marks
        self.id = id_from_token(marks.client_token)
        self.key: str = seen["Id"]

    @property
    def is_unfinished(self) -> bool:
        """Whether it was made, and nobody has tried to start it."""
        return self._state["Status"] == "created" and not self.error

    @property
    def state(self) -> ServerState:
        """The server's state in the field's words."""
        state = _STATES.get(self._state["Status"], ServerState.UNKNOWN)
        return ServerState.ERROR if self.error and state in (ServerState.PENDING, ServerState.STOPPED) else state

    @property
    def error(self) -> str | None:
        """Why it does not run although nobody stopped it."""
        status, code = self._state["Status"], self._state["ExitCode"]
        if self._state["Error"]:
            return str(self._state["Error"])
        if status == "exited" and self._state["OOMKilled"]:
            return "the server ran out of memory"
        if status == "exited" and code not in _CALM_ENDS:
            return f"the server's command ended with exit status {code}"
        return "the engine could not remove it" if status == "dead" else None

    def as_server(self, provider: str) -> Server:
        """Return the server as the contract wants it."""
        asked = self.marks.asked
        return Server(
            id=self.id,
            name=asked["name"],
            state=self.state,
            provider=provider,
            zone=asked["zone"] or DEFAULT_ZONE,
            size=asked["size"] or DEFAULT_SIZE,
            image=self._seen["Config"]["Image"],
            private_ips=self._addresses(),
            labels=dict(self.marks.labels),
            client_token=self.marks.client_token,
            created_at=self._seen["Created"],
            raw=self._raw(),
        )

    @property
    def _is_on_the_host(self) -> bool:
        return bool(self._seen["HostConfig"]["NetworkMode"] == "host")

    def _addresses(self) -> tuple[str, ...]:
        if self._is_on_the_host:
            return (HOST,)
        networks = self._seen["NetworkSettings"]["Networks"] or {}
        return tuple(filter(None, (network["IPAddress"] for network in networks.values())))

    def _ports(self) -> dict[str, int]:
        """Return the ports of this machine at which those of the container are reached, lowest first."""
        if self._is_on_the_host:
            ports = {port: _number(port) for port in self._seen["Config"].get("ExposedPorts") or {}}
        else:
            published = self._seen["NetworkSettings"]["Ports"] or {}
            ports = {port: int(bindings[0]["HostPort"]) for port, bindings in published.items() if bindings}
        return {port: ports[port] for port in sorted(ports, key=_number)}

    def _raw(self) -> dict[str, Any]:
        ports = self._ports() if self.state == ServerState.RUNNING else {}
        raw: dict[str, Any] = {"container": self.key, "ports": ports}
        if web := [number for port, number in ports.items() if port.endswith("/tcp")]:
            raw |= {"port": web[0], "url": f"http://{HOST}:{web[0]}"}
        if self._state["Status"] == "exited":
            raw["exit_status"] = self._state["ExitCode"]
        return raw | ({"error": self.error} if self.error else {})


def _number(port: str) -> int:
    return int(port.partition("/")[0])
