"""Hetzner's cloud API 1 in memory: servers, actions, server types, images, locations, SSH keys and networks.

Written from https://docs.hetzner.cloud/reference/cloud: its requests, its replies, its error codes and its rate-limit
headers. Names of servers are unique in a project; labels are of a restricted alphabet; a server that something is being
done to is locked.
"""

import itertools
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.testing.fakes.api import FakeApi, Reply, Request
from provisioning.testing.fakes.phases import Phases

__all__ = ["FakeHetzner"]

_TYPES = {"cx22": (2, 4.0, 40, "x86"), "cpx11": (2, 2.0, 40, "x86"), "cax11": (2, 4.0, 40, "arm")}
_LOCATIONS = {"fsn1": "eu-central", "nbg1": "eu-central", "hel1": "eu-central", "ash": "us-east"}
_IMAGES = {114690387: "debian-12", 161547269: "ubuntu-24.04"}
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_LIMIT = 3600
_LARGEST_PAGE = 50
_FIRST = datetime(2025, 1, 1, tzinfo=UTC)


class _Refused(Exception):
    """An error of the API."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"error": {"code": code, "message": message, "details": None}})


@dataclass(slots=True)
class _Machine:
    """A server, as it was asked for, and its present status."""

    id: int
    asked: Mapping[str, Any]
    phases: Phases
    created: datetime


class FakeHetzner(FakeApi):
    """A Hetzner project. `clock` is read for the status of servers: what is done to one takes `pace` seconds."""

    prefix = "/v1"

    def __init__(
        self,
        token: str = "hcloud-token",  # noqa: S107 - of a fake
        *,
        clock: Callable[[], float] = time.monotonic,
        pace: float = 1.0,
    ) -> None:
        super().__init__()
        self._token = token
        self._clock = clock
        self._pace = pace
        self._ids = itertools.count(42)
        self._machines: dict[int, _Machine] = {}
        self._routes: list[tuple[str, Callable[..., Reply]]] = [
            (r"GET /server_types", self._types),
            (r"GET /pricing", self._pricing),
            (r"GET /images", self._images),
            (r"GET /locations", self._locations),
            (r"GET /(ssh_keys|networks)", self._named),
            (r"GET /servers", self._list),
            (r"POST /servers", self._create),
            (r"GET /servers/([^/]+)", self._get),
            (r"DELETE /servers/([^/]+)", self._delete),
            (r"POST /servers/([^/]+)/actions/([a-z]+)", self._act),
        ]

    # -- for tests -----------------------------------------------------------------------------------------------

    @property
    def servers(self) -> Sequence[str]:
        """The names of all servers, oldest first."""
        with self.lock:
            return [one.asked["name"] for one in self._machines.values()]

    def add(self, name: str = "web", state: str = "running", labels: Mapping[str, str] | None = None) -> str:
        """Let there be a server, in any status, and return its id."""
        asked = {"name": name, "server_type": "cx22", "image": "debian-12", "labels": dict(labels or {})}
        with self.lock:
            return str(self._make(asked, state).id)

    def put(self, server_id: str, state: str) -> None:
        """Bring a server into a status."""
        with self.lock:
            self._machines[int(server_id)].phases.become(state)

    # -- answering -----------------------------------------------------------------------------------------------

    def throttled(self, seconds: float = 1.0) -> Reply:
        """Answer too many requests: the limit of an hour grows back evenly, by one in so many seconds."""
        limit = round(3600 / seconds)
        refused = _Refused(429, "rate_limit_exceeded", f"limit of {limit} requests per hour reached")
        return replace(refused.reply, headers={**self._limits(0), "RateLimit-Limit": str(limit)})

    def broken(self) -> Reply:
        """Answer by an error of the cloud's own."""
        return _Refused(500, "server_error", "an error occurred within the API backend").reply

    def answer(self, request: Request) -> Reply:
        """Do what is asked."""
        try:
            reply = self._routed(request)
        except _Refused as error:
            reply = error.reply
        return replace(reply, headers=self._limits(_LIMIT - 1 if self.budget is None else self.budget))

    def _routed(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            raise _Refused(401, "unauthorized", "unable to authenticate")
        for pattern, handle in self._routes:
            if match := re.fullmatch(pattern, f"{request.method} {request.path}"):
                return handle(request, *match.groups())
        raise _Refused(404, "not_found", "there is no such resource")

    def _limits(self, left: int) -> Mapping[str, str]:
        """Return the headers of the rate limit, which grows back evenly."""
        full = int(time.time()) + (_LIMIT - left) * 3600 // _LIMIT
        return {"RateLimit-Limit": str(_LIMIT), "RateLimit-Remaining": str(left), "RateLimit-Reset": str(full)}

    # -- the catalog ---------------------------------------------------------------------------------------------

    def _types(self, request: Request) -> Reply:
        return _page("server_types", [_server_type(name) for name in _TYPES], request)

    def _pricing(self, request: Request) -> Reply:
        return Reply(200, {"pricing": {"currency": "EUR", "vat_rate": "19.000000"}})

    def _images(self, request: Request) -> Reply:
        return _page("images", [_image(name) for name in _IMAGES.values()], request)

    def _locations(self, request: Request) -> Reply:
        return _page("locations", [_location(name) for name in _LOCATIONS], request)

    def _named(self, request: Request, kind: str) -> Reply:
        things = [{"id": 7, "name": "admin"}] if kind == "ssh_keys" else [{"id": 9, "name": "inside"}]
        names = request.query.get("name", [str(one["name"]) for one in things])
        return _page(kind, [one for one in things if one["name"] in names], request)

    # -- servers -------------------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Reply:
        wanted = [part for text in request.query.get("label_selector", []) for part in text.split(",")]
        found = [one for one in self._machines.values() if all(_has(one, part) for part in wanted)]
        return _page("servers", found, request, self._shown)

    def _get(self, request: Request, server_id: str) -> Reply:
        return Reply(200, {"server": self._shown(self._machine(server_id))})

    def _create(self, request: Request) -> Reply:
        self._check(request.body)
        machine = self._make(request.body, "initializing", (self._pace / 2, "starting"), (self._pace / 2, "running"))
        done = {"action": self._action("create_server", machine), "next_actions": []}
        return Reply(201, {"server": self._shown(machine), "root_password": "YItygq1v3GYjjMomLaKc", **done})

    def _delete(self, request: Request, server_id: str) -> Reply:
        machine = self._unlocked(server_id)
        del self._machines[machine.id]
        return Reply(200, {"action": self._action("delete_server", machine)})

    def _act(self, request: Request, server_id: str, verb: str) -> Reply:
        machine = self._unlocked(server_id)
        half = self._pace / 2
        status = machine.phases.state
        if verb == "poweron" and status == "off":
            machine.phases.become("starting", (half, "running"))
        elif verb in ("shutdown", "poweroff") and status == "running":
            machine.phases.become("stopping", (half, "off"))
        elif verb == "reboot" and status == "running":
            machine.phases.become("stopping", (half, "starting"), (half, "running"))
        elif verb != "poweron":
            raise _Refused(422, "server_not_running", "the server is not running")
        return Reply(201, {"action": self._action(verb, machine)})

    def _machine(self, server_id: str) -> _Machine:
        if not server_id.isdigit() or int(server_id) not in self._machines:
            raise _Refused(404, "not_found", f"server with ID '{server_id}' not found")
        return self._machines[int(server_id)]

    def _unlocked(self, server_id: str) -> _Machine:
        machine = self._machine(server_id)
        if not machine.phases.is_settled:
            raise _Refused(423, "locked", "the server is locked: something is being done to it")
        return machine

    def _make(self, asked: Mapping[str, Any], status: str, *then: tuple[float, str]) -> _Machine:
        phases = Phases(self._clock, status)
        phases.become(status, *then)
        machine = _Machine(next(self._ids), asked, phases, _FIRST + timedelta(seconds=self._clock()))
        self._machines[machine.id] = machine
        return machine

    def _check(self, asked: Mapping[str, Any]) -> None:
        if not _NAME.fullmatch(asked["name"]):
            raise _Refused(422, "invalid_input", "invalid input in field 'name'")
        if asked["server_type"] not in _TYPES:
            raise _Refused(422, "invalid_input", "invalid input in field 'server_type'")
        if asked["image"] not in (*_IMAGES, *map(str, _IMAGES), *_IMAGES.values()):
            raise _Refused(422, "invalid_input", "image not found")
        if asked.get("location", "fsn1") not in _LOCATIONS:
            raise _Refused(422, "invalid_input", "invalid input in field 'location'")
        for key, value in asked.get("labels", {}).items():
            if not _LABEL.fullmatch(key) or not (value == "" or _LABEL.fullmatch(value)):
                raise _Refused(422, "invalid_input", "invalid input in field 'labels'")
        if asked["name"] in self.servers:
            raise _Refused(409, "uniqueness_error", "server name is already used")

    def _action(self, command: str, machine: _Machine) -> Mapping[str, Any]:
        begun = machine.created.isoformat()
        resources = [{"id": machine.id, "type": "server"}]
        times = {"started": begun, "finished": None}
        return {"id": next(self._ids), "command": command, "status": "running", "progress": 0, "error": None,
                "resources": resources, **times}  # fmt: skip

    def _shown(self, machine: _Machine) -> Mapping[str, Any]:
        address = f"65.108.{machine.id // 250}.{machine.id % 250 + 1}"
        return {
            "id": machine.id,
            "name": machine.asked["name"],
            "status": machine.phases.state,
            "created": machine.created.isoformat(),
            "labels": machine.asked.get("labels", {}),
            "location": _location(machine.asked.get("location", "fsn1")),
            "server_type": _server_type(machine.asked["server_type"]),
            "image": _image(str(machine.asked["image"])),
            "locked": not machine.phases.is_settled,
            "protection": {"delete": False, "rebuild": False},
            "public_net": {
                "ipv4": {"id": machine.id, "ip": address, "blocked": False, "dns_ptr": "static.example.com"},
                "ipv6": {"id": machine.id, "ip": "2001:db8::/64", "blocked": False, "dns_ptr": []},
                "floating_ips": [],
                "firewalls": [],
            },
            "private_net": [],
            "volumes": [],
        }


def _page(
    kind: str, found: Sequence[Any], request: Request, shown: Callable[[Any], Mapping[str, Any]] | None = None
) -> Reply:
    page, size = request.number("page", 1), min(request.number("per_page", 25), _LARGEST_PAGE)
    last = max(1, -(-len(found) // size))
    things = found[(page - 1) * size : page * size]
    pagination = {
        "page": page,
        "per_page": size,
        "previous_page": page - 1 or None,
        "next_page": page + 1 if page < last else None,
        "last_page": last,
        "total_entries": len(found),
    }
    return Reply(200, {kind: [shown(one) if shown else one for one in things], "meta": {"pagination": pagination}})


def _has(machine: _Machine, selector: str) -> bool:
    key, equals, value = selector.partition("==")
    labels = machine.asked.get("labels", {})
    return key in labels and (not equals or labels[key] == value)


def _server_type(name: str) -> Mapping[str, Any]:
    cores, memory, disk, architecture = _TYPES[name]
    return {"id": list(_TYPES).index(name) + 1, "name": name, "description": name.upper(), "cores": cores,
            "memory": memory, "disk": disk, "architecture": architecture, "prices": _prices(name)}  # fmt: skip


def _prices(name: str) -> Sequence[Mapping[str, Any]]:
    """Return the prices of a type: one for each location, as text, without and with VAT."""
    net = {"cx22": 0.006, "cpx11": 0.007, "cax11": 0.006}[name]
    dearer = {location: net if place.startswith("eu") else net * 1.5 for location, place in _LOCATIONS.items()}
    return [
        {"location": location, "price_hourly": {"net": f"{price:.10f}", "gross": f"{price * 1.19:.10f}"}}
        for location, price in dearer.items()
    ]


def _image(name: str) -> Mapping[str, Any]:
    id_ = next(id_ for id_, known in _IMAGES.items() if name in (known, str(id_)))
    return {"id": id_, "name": _IMAGES[id_], "type": "system", "status": "available", "description": _IMAGES[id_]}


def _location(name: str) -> Mapping[str, Any]:
    return {"id": list(_LOCATIONS).index(name) + 1, "name": name, "network_zone": _LOCATIONS[name]}
