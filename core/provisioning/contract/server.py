"""A server, what is asked for when one is created, and the states it passes through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Server", "ServerSpec", "ServerState"]


class ServerState(StrEnum):
    """The life of a server, in words that every cloud's own can be mapped to."""

    PENDING = "pending"
    """Accepted by the cloud, not yet being started."""
    STARTING = "starting"
    """Being started."""
    RUNNING = "running"
    """Up, as far as the cloud can tell."""
    STOPPING = "stopping"
    """Being stopped."""
    STOPPED = "stopped"
    """Down, kept, and able to start again."""
    REBOOTING = "rebooting"
    """Going down and coming up again."""
    DELETING = "deleting"
    """Being deleted."""
    DELETED = "deleted"
    """Gone, and still listed by the cloud for a while."""
    ERROR = "error"
    """Failed, and will not recover by itself."""
    UNKNOWN = "unknown"
    """A state that the provider's mapping does not know."""

    @property
    def is_settled(self) -> bool:
        """Whether the server stays in this state until somebody acts."""
        return self in _SETTLED

    @property
    def is_gone(self) -> bool:
        """Whether the server is being deleted or is deleted."""
        return self in (ServerState.DELETING, ServerState.DELETED)


_SETTLED = frozenset({ServerState.RUNNING, ServerState.STOPPED, ServerState.DELETED, ServerState.ERROR})


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """What a server should be, when it is created.

    Names of `size`, `image` and `zone` are the provider's own; None asks for the provider's default. `user_data` is
    the text a cloud hands to the server at its first start. `networks`, `volumes` and `firewalls` are ids of
    what is there already, and stays when the server is deleted. `extra` holds what only one provider understands.
    """

    name: str
    size: str | None = None
    image: str | None = None
    zone: str | None = None
    user_data: str | None = None
    key_pairs: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    firewalls: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """A server as a provider reports it; only `id`, `name` and `state` are always there.

    `created_at` is an ISO 8601 time in UTC. `raw` holds what else the provider wants to tell, as JSON values, and
    never a secret.
    """

    id: str
    name: str
    state: ServerState
    provider: str | None = None
    zone: str | None = None
    size: str | None = None
    image: str | None = None
    public_ips: tuple[str, ...] = ()
    private_ips: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    client_token: str | None = None
    created_at: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: every field, states and tuples as plain values."""
        return {
            "id": self.id,
            "name": self.name,
            "state": str(self.state),
            "provider": self.provider,
            "zone": self.zone,
            "size": self.size,
            "image": self.image,
            "public_ips": list(self.public_ips),
            "private_ips": list(self.private_ips),
            "labels": dict(self.labels),
            "client_token": self.client_token,
            "created_at": self.created_at,
            "raw": dict(self.raw),
        }
