"""UpCloud's API 1.3 in memory: servers, their storages, plans, templates and zones.

Written from https://developers.upcloud.com/1.3: its requests, its replies and its error codes. A server is in
`maintenance` while it is created, started or stopped, and can be deleted only when it is `stopped` or in `error`.
"""

import base64
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.testing.fakes.api import FakeApi, Reply, Request
from provisioning.testing.fakes.phases import Phases

__all__ = ["FakeUpCloud"]

DEBIAN = "01000000-0000-4000-8000-000020070100"
_TEMPLATES = {
    DEBIAN: "Debian GNU/Linux 12 (Bookworm)",
    "01000000-0000-4000-8000-000030240200": "Ubuntu Server 24.04 LTS (Noble Numbat)",
}
_PLANS = {"1xCPU-1GB": (1, 1024, 25), "1xCPU-2GB": (1, 2048, 50), "2xCPU-4GB": (2, 4096, 80)}
_PRICES = {"1xCPU-1GB": 1.04, "1xCPU-2GB": 1.94, "2xCPU-4GB": 3.88}
_ZONES = {"fi-hel1": "Helsinki #1", "de-fra1": "Frankfurt #1", "uk-lon1": "London #1"}
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,126}[A-Za-z0-9])?")
_LABEL_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,31}")
_LONGEST_LABEL = 255
_LARGEST_PAGE = 100
_FIRST = 1_700_000_000


class _Refused(Exception):
    """An error of the API."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"error": {"error_code": code, "error_message": message}})


@dataclass(slots=True)
class _Machine:
    """A server, as it was asked for, and its present state."""

    uuid: str
    asked: Mapping[str, Any]
    phases: Phases
    created: int
    storages: list[str]

    @property
    def labels(self) -> Sequence[Mapping[str, str]]:
        labels: Sequence[Mapping[str, str]] = self.asked.get("labels", {}).get("label", [])
        return labels

    def has(self, wanted: str) -> bool:
        """Whether it carries a label: `key` or `key=value`."""
        key, equals, value = wanted.partition("=")
        return any(one["key"] == key and (not equals or one["value"] == value) for one in self.labels)


class FakeUpCloud(FakeApi):
    """An UpCloud account. `clock` is read for states: creating, starting and stopping take `pace` seconds each."""

    prefix = "/1.3"

    def __init__(
        self,
        username: str = "robot",
        password: str = "secret",  # noqa: S107 - of a fake
        token: str = "ucat_fake",  # noqa: S107
        *,
        clock: Callable[[], float] = time.monotonic,
        pace: float = 1.0,
    ) -> None:
        super().__init__()
        basic = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._accepted = {f"Basic {basic}", f"Bearer {token}"}
        self._username = username
        self._clock = clock
        self._pace = pace
        self._machines: dict[str, _Machine] = {}
        self.storages: dict[str, Mapping[str, Any]] = {}
        """The storages that there are, by their ids."""
        self._routes: list[tuple[str, Callable[..., Reply]]] = [
            (r"GET /account", self._account),
            (r"GET /zone", self._zones),
            (r"GET /plan", self._plans),
            (r"GET /price", self._prices),
            (r"GET /storage/template", self._templates),
            (r"GET /server", self._list),
            (r"POST /server", self._create),
            (r"GET /server/([^/]+)", self._get),
            (r"DELETE /server/([^/]+)", self._delete),
            (r"POST /server/([^/]+)/start", self._start),
            (r"POST /server/([^/]+)/stop", self._stop),
            (r"POST /server/([^/]+)/restart", self._restart),
        ]

    # -- for tests -----------------------------------------------------------------------------------------------

    @property
    def servers(self) -> Sequence[str]:
        """The ids of all servers, oldest first."""
        with self.lock:
            return list(self._machines)

    def add(self, name: str = "web", state: str = "started", labels: Mapping[str, str] | None = None) -> str:
        """Let there be a server, in any state, and return its id."""
        marks = [{"key": key, "value": value} for key, value in (labels or {}).items()]
        asked = {"hostname": name, "title": name, "zone": "fi-hel1", "plan": "1xCPU-1GB", "labels": {"label": marks}}
        disk = {"action": "clone", "storage": DEBIAN, "title": f"{name} disk", "size": 25, "tier": "maxiops"}
        with self.lock:
            return self._make({**asked, "storage_devices": {"storage_device": [disk]}}, state).uuid

    def put(self, server_id: str, state: str) -> None:
        """Bring a server into a state."""
        with self.lock:
            self._machines[server_id].phases.become(state)

    # -- answering -----------------------------------------------------------------------------------------------

    def throttled(self, seconds: float = 7.0) -> Reply:
        """Answer too many requests."""
        error = {"error_code": "TOO_MANY_REQUESTS", "error_message": "Slow down."}
        return Reply(429, {"error": error}, {"Retry-After": f"{seconds:g}"})

    def broken(self) -> Reply:
        """Answer by an error of the cloud's own."""
        return Reply(500, {"error": {"error_code": "INTERNAL_ERROR", "error_message": "Something went wrong."}})

    def answer(self, request: Request) -> Reply:
        """Do what is asked."""
        try:
            return self._routed(request)
        except _Refused as error:
            return error.reply

    def _routed(self, request: Request) -> Reply:
        if request.headers.get("Authorization") not in self._accepted:
            raise _Refused(401, "AUTHENTICATION_FAILED", "Authentication failed using the given credentials.")
        for pattern, handle in self._routes:
            if match := re.fullmatch(pattern, f"{request.method} {request.path}"):
                return handle(request, *match.groups())
        raise _Refused(404, "NOT_FOUND", "There is no such resource.")

    def _account(self, request: Request) -> Reply:
        return Reply(200, {"account": {"credits": 9972.2324, "username": self._username, "resource_limits": {}}})

    def _zones(self, request: Request) -> Reply:
        zones = [{"id": name, "description": words, "public": "yes"} for name, words in _ZONES.items()]
        return Reply(200, {"zones": {"zone": zones}})

    def _plans(self, request: Request) -> Reply:
        plans = [
            {"name": name, "core_number": cores, "memory_amount": memory, "storage_size": disk}
            for name, (cores, memory, disk) in _PLANS.items()
        ]
        return Reply(200, {"plans": {"plan": plans}})

    def _prices(self, request: Request) -> Reply:
        credits_an_hour = {f"server_plan_{name}": {"amount": 1, "price": price} for name, price in _PRICES.items()}
        dearer = {key: {**value, "price": value["price"] * 1.25} for key, value in credits_an_hour.items()}
        zones = [{"name": name, **(dearer if name == "uk-lon1" else credits_an_hour)} for name in _ZONES]
        return Reply(200, {"prices": {"zone": zones}})

    def _templates(self, request: Request) -> Reply:
        templates = [
            {"uuid": id_, "title": title, "access": "public", "type": "template", "state": "online", "size": 4}
            for id_, title in _TEMPLATES.items()
        ]
        return Reply(200, {"storages": {"storage": templates}})

    # -- servers -------------------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Reply:
        wanted = request.query.get("label", [])
        found = [one for one in self._machines.values() if all(one.has(label) for label in wanted)]
        limit, offset = min(request.number("limit", _LARGEST_PAGE), _LARGEST_PAGE), request.number("offset", 0)
        return Reply(200, {"servers": {"server": [_summary(one) for one in found[offset : offset + limit]]}})

    def _get(self, request: Request, server_id: str) -> Reply:
        return Reply(200, {"server": self._details(self._machine(server_id))})

    def _create(self, request: Request) -> Reply:
        asked = request.body["server"]
        self._check(asked)
        machine = self._make(asked, "maintenance", (self._pace, "started"))
        return Reply(202, {"server": self._details(machine)})

    def _delete(self, request: Request, server_id: str) -> Reply:
        machine = self._machine(server_id, "stopped", "error")
        if request.query.get("storages") == ["1"]:
            for storage in machine.storages:
                del self.storages[storage]
        del self._machines[server_id]
        return Reply(204)

    def _start(self, request: Request, server_id: str) -> Reply:
        machine = self._machine(server_id, "stopped")
        machine.phases.become("maintenance", (self._pace, "started"))
        return Reply(200, {"server": self._details(machine)})

    def _stop(self, request: Request, server_id: str) -> Reply:
        machine = self._machine(server_id, "started")
        if request.body["stop_server"]["stop_type"] not in ("soft", "hard"):
            raise _Refused(400, "STOP_TYPE_INVALID", "The attribute stop_type is invalid.")
        machine.phases.become("started", (self._pace / 2, "maintenance"), (self._pace / 2, "stopped"))
        return Reply(200, {"server": self._details(machine)})

    def _restart(self, request: Request, server_id: str) -> Reply:
        machine = self._machine(server_id, "started")
        machine.phases.become("started", (self._pace / 2, "maintenance"), (self._pace / 2, "started"))
        return Reply(200, {"server": self._details(machine)})

    def _machine(self, server_id: str, *states: str) -> _Machine:
        """Return a server that is in one of the states, where any are given."""
        if server_id not in self._machines:
            raise _Refused(404, "SERVER_NOT_FOUND", f"The server {server_id} does not exist.")
        machine = self._machines[server_id]
        if states and not (machine.phases.is_settled and machine.phases.state in states):
            words = f"The operation is not allowed while the server {server_id} is in state '{machine.phases.state}'."
            raise _Refused(409, "SERVER_STATE_ILLEGAL", words)
        return machine

    def _make(self, asked: Mapping[str, Any], state: str, *then: tuple[float, str]) -> _Machine:
        phases = Phases(self._clock, state)
        phases.become(state, *then)
        machine = _Machine(str(uuid.uuid4()), asked, phases, _FIRST + int(self._clock()), [])
        for device in asked["storage_devices"]["storage_device"]:
            storage = str(uuid.uuid4())
            machine.storages.append(storage)
            self.storages[storage] = {"title": device["title"], "size": device.get("size", 10)}
        self._machines[machine.uuid] = machine
        return machine

    def _check(self, asked: Mapping[str, Any]) -> None:
        if not _HOSTNAME.fullmatch(asked["hostname"]):
            raise _Refused(400, "HOSTNAME_INVALID", "The hostname is invalid.")
        if asked["zone"] not in _ZONES:
            raise _Refused(404, "ZONE_NOT_FOUND", f"The zone {asked['zone']} does not exist.")
        if asked["plan"] not in _PLANS:
            raise _Refused(400, "PLAN_INVALID", f"The plan {asked['plan']} does not exist.")
        for device in asked["storage_devices"]["storage_device"]:
            if device["storage"] not in _TEMPLATES:
                raise _Refused(404, "STORAGE_NOT_FOUND", f"The storage {device['storage']} does not exist.")
        for label in asked.get("labels", {}).get("label", []):
            if not _LABEL_KEY.fullmatch(label["key"]):
                raise _Refused(400, "INVALID_LABEL_KEY", f"The label key {label['key']!r} is invalid.")
            if len(label["value"]) > _LONGEST_LABEL:
                raise _Refused(400, "INVALID_LABEL_VALUE", f"The value of label {label['key']!r} is too long.")

    def _details(self, machine: _Machine) -> Mapping[str, Any]:
        devices = [
            {"storage": id_, "storage_title": self.storages[id_]["title"], "type": "disk", "part_of_plan": "yes"}
            for id_ in machine.storages
        ]
        number = list(self._machines).index(machine.uuid)
        addresses = {"public": f"94.237.{number // 250}.{number % 250 + 1}", "utility": f"10.6.0.{number % 250 + 1}"}
        interfaces = [
            {"index": index, "type": kind, "ip_addresses": {"ip_address": [{"address": address, "family": "IPv4"}]}}
            for index, (kind, address) in enumerate(addresses.items(), 1)
        ]
        return {
            **_summary(machine),
            "storage_devices": {"storage_device": devices},
            "networking": {"interfaces": {"interface": interfaces}},
            "remote_access_password": "vnc-password",
        }


def _summary(machine: _Machine) -> Mapping[str, Any]:
    """Return what a listing shows of a server."""
    cores, memory, _ = _PLANS[machine.asked["plan"]]
    return {
        "core_number": str(cores),
        "created": machine.created,
        "hostname": machine.asked["hostname"],
        "labels": {"label": list(machine.labels)},
        "license": 0,
        "memory_amount": str(memory),
        "plan": machine.asked["plan"],
        "state": machine.phases.state,
        "tags": {"tag": []},
        "title": machine.asked["title"],
        "uuid": machine.uuid,
        "zone": machine.asked["zone"],
    }
