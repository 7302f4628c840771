"""What the Docker engine is asked to make: a container for one request."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from docker import APIClient

from provisioning_local.boot import HOST
from provisioning_local.catalog import DEFAULT_SIZE, SIZES
from provisioning_local.container import Marks
from provisioning_local.identity import id_from_token
from provisioning_local.request import Request
from provisioning_local.settings import Settings, is_text, is_variable

__all__ = ["USER_DATA", "Order"]

USER_DATA = "/var/lib/provisioning/user-data"
"""Where a server finds what it was given, in UTF-8."""

_PERIOD = 100_000
_PORT = re.compile(r"([1-9][0-9]{0,4})(/tcp|/udp)?")


class Order:
    """One request, as an order for a container."""

    def __init__(self, request: Request, settings: Settings) -> None:
        self._request = request
        self._settings = settings
        self._extra: Mapping[str, Any] = request.asked["extra"]
        self.image = request.spec.image or settings.default_image or ""

    def problems(self) -> Iterator[str]:
        """Yield all that is wrong with the request as it stands."""
        yield from self._request.common_problems()
        if len(self._request.spec.networks) > 1:
            yield "a container joins one network when it is made"
        if not self.image:
            yield "it names no image, and the provider has no `default_image`"
        if unknown := sorted(set(self._extra) - {"command", "env", "ports"}):
            yield f"extra has the unknown key {unknown[0]!r}"
        command, environment = self._extra.get("command", ["-"]), self._extra.get("env", {})
        if not isinstance(command, list) or not command or not all(map(is_text, command)):
            yield "extra.command is a list of a program and its arguments, all of them text"
        if not isinstance(environment, dict) or not all(is_variable(*item) for item in environment.items()):
            yield "extra.env is a table of names and texts"
        ports = self._extra.get("ports", {})
        if not isinstance(ports, dict) or not all(_is_binding(*item) for item in ports.items()):
            yield 'extra.ports is a table such as { "80" = 8080, "53/udp" = 0 }: its ports, and those of this machine'

    def arguments(self, client: APIClient, image: Mapping[str, Any], mounts: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments of `create_container`, for an image as the engine shows it and volumes at `mounts`."""
        server_id = id_from_token(self._request.client_token)
        own = {"SERVER_ID": server_id, "SERVER_NAME": self._request.spec.name, "USER_DATA_FILE": USER_DATA}
        ports = self._ports(image)
        return {
            "image": self.image,
            "command": self._extra.get("command"),
            "name": server_id,
            "environment": {**self._extra.get("env", {}), **own},
            "labels": Marks.from_request(self._request).as_labels(),
            "ports": [tuple(port.split("/")) for port in ports],
            "host_config": self._host_config(client, ports, mounts),
        }

    def _ports(self, image: Mapping[str, Any]) -> dict[str, int]:
        """Return the server's ports with those of this machine, 0 for any; an image says itself which it has."""
        exposed = dict.fromkeys((image.get("Config") or {}).get("ExposedPorts") or {}, 0)
        asked = self._extra.get("ports", {})
        return exposed | {port if "/" in port else f"{port}/tcp": number for port, number in asked.items()}

    def _host_config(self, client: APIClient, ports: Mapping[str, int], mounts: Mapping[str, str]) -> dict[str, Any]:
        mode = next(iter(self._request.spec.networks), self._settings.network_mode)
        size = next(size for size in SIZES if size.name == (self._request.spec.size or DEFAULT_SIZE))
        config: dict[str, Any] = client.create_host_config(
            network_mode=mode,
            binds=[f"{volume}:{path}" for volume, path in mounts.items()],
            port_bindings={} if mode == "host" else {port: (HOST, number or None) for port, number in ports.items()},
            cpu_period=_PERIOD,  # a quota, unlike a number of processors, may be more than this machine has
            cpu_quota=int((size.cpus or 1) * _PERIOD),
            mem_limit=(size.memory_mib or 0) * 2**20,
        )
        return config


def _is_binding(port: Any, number: Any) -> bool:
    return bool(_PORT.fullmatch(port)) and type(number) is int and 0 <= number <= 65535
