"""An UpCloud server as the field's server, and what is asked for when one is created."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from provisioning.contract import Server, ServerSpec, ServerState

__all__ = ["TOKEN_LABEL", "as_request", "as_server"]

TOKEN_LABEL = "provisioning-token"  # noqa: S105 - a key, not a secret
"""The label that holds the client token."""

_STATES = {
    "maintenance": ServerState.PENDING,
    "started": ServerState.RUNNING,
    "stopped": ServerState.STOPPED,
    "error": ServerState.ERROR,
}


def as_server(shown: Mapping[str, Any], provider: str) -> Server:
    """Return a server, as UpCloud shows it; a listing shows no addresses."""
    labels = {label["key"]: label["value"] for label in shown.get("labels", {}).get("label", ())}
    token = labels.pop(TOKEN_LABEL, None)
    created = shown.get("created")
    storages = [device["storage"] for device in shown.get("storage_devices", {}).get("storage_device", ())]
    return Server(
        id=shown["uuid"],
        name=shown.get("title") or shown.get("hostname") or shown["uuid"],
        state=_STATES.get(shown.get("state", ""), ServerState.UNKNOWN),
        provider=provider,
        zone=shown.get("zone"),
        size=shown.get("plan"),
        public_ips=tuple(_addresses(shown, "public")),
        private_ips=(*_addresses(shown, "private"), *_addresses(shown, "utility")),
        labels=labels,
        client_token=token,
        created_at=None if created is None else _as_time(created),
        raw={"hostname": shown.get("hostname"), **({"storages": storages} if storages else {})},
    )


def _as_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _addresses(shown: Mapping[str, Any], kind: str) -> Iterator[str]:
    for interface in shown.get("networking", {}).get("interfaces", {}).get("interface", ()):
        if interface["type"] == kind:
            yield from (address["address"] for address in interface["ip_addresses"]["ip_address"])


def as_request(
    spec: ServerSpec, template: str, client_token: str, labels: Mapping[str, str], defaults: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the body that creates a server, with its token and labels on it from the first moment."""
    disk = {"action": "clone", "storage": template, "title": f"{spec.name} disk"}
    disk.update({key: spec.extra[name] for name, key in _DISK.items() if name in spec.extra})
    marks = {**labels, TOKEN_LABEL: client_token}
    server: dict[str, Any] = {
        "title": spec.name,
        "hostname": spec.name,
        "zone": spec.zone or defaults["zone"],
        "plan": spec.size or defaults["default_size"],
        "metadata": "yes",
        "password_delivery": "none",
        "labels": {"label": [{"key": key, "value": value} for key, value in marks.items()]},
        "storage_devices": {"storage_device": [disk]},
        "networking": {"interfaces": {"interface": _interfaces(spec)}},
        "login_user": {"create_password": "no", "ssh_keys": {"ssh_key": list(spec.key_pairs)}},
    }
    if spec.user_data is not None:
        server["user_data"] = spec.user_data
    return {"server": server}


_DISK = {"disk_gib": "size", "disk_tier": "tier"}


def _interfaces(spec: ServerSpec) -> list[dict[str, Any]]:
    address = {"ip_addresses": {"ip_address": [{"family": "IPv4"}]}}
    private = [{"type": "private", "network": network, **address} for network in spec.networks]
    return [{"type": "public", **address}, {"type": "utility", **address}, *private]
