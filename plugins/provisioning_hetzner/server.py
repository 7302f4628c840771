"""A server of Hetzner's as the field's server."""

from typing import Any

from provisioning.contract import Server, ServerState
from provisioning_hetzner.labels import from_labels

__all__ = ["TOKEN_LABEL", "as_server"]

TOKEN_LABEL = "provisioning-token"  # noqa: S105 - a key, not a secret
"""The label that holds the client token."""

_STATES = {
    "initializing": ServerState.PENDING,
    "migrating": ServerState.PENDING,
    "rebuilding": ServerState.PENDING,
    "starting": ServerState.STARTING,
    "running": ServerState.RUNNING,
    "stopping": ServerState.STOPPING,
    "off": ServerState.STOPPED,
    "deleting": ServerState.DELETING,
}


def as_server(found: Any, provider: str) -> Server:
    """Return a server, as the SDK holds it."""
    model = found.data_model
    labels = from_labels(model.labels or {})
    token = labels.pop(TOKEN_LABEL, None)
    public = model.public_net
    addresses = (public.ipv4, public.ipv6) if public else ()
    created = model.created
    return Server(
        id=str(model.id),
        name=model.name,
        state=_STATES.get(model.status, ServerState.UNKNOWN),
        provider=provider,
        zone=model.location.name if model.location else None,
        size=model.server_type.name if model.server_type else None,
        image=model.image.name or str(model.image.id) if model.image else None,
        public_ips=tuple(address.ip for address in addresses if address),
        private_ips=tuple(one.ip for one in model.private_net or ()),
        labels=labels,
        client_token=token,
        created_at=None if created is None else created.isoformat().replace("+00:00", "Z"),
    )
