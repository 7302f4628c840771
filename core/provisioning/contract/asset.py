"""What a provider keeps besides servers: volumes, networks, key pairs and firewalls, all in one shape."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

__all__ = ["Asset", "AssetKind", "AssetSpec", "Firewall", "FirewallRule", "KeyPair", "Network", "Volume"]


class AssetKind(StrEnum):
    """What an asset is; a provider that has some declares the capability of each."""

    VOLUME = "volume"
    """A disk that outlives servers."""
    NETWORK = "network"
    """A private network that servers join."""
    KEY_PAIR = "key_pair"
    """The public half of an SSH key that may log in."""
    FIREWALL = "firewall"
    """What may come in to the servers that it stands before."""

    @property
    def capability(self) -> str:
        """The capability that a provider declares for it."""
        return f"{self}s"

    @property
    def words(self) -> str:
        """What people call it."""
        return self.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Volume:
    """What a volume should be: its size in GiB, and where it lies. None asks for the provider's own choice."""

    kind: ClassVar[AssetKind] = AssetKind.VOLUME

    name: str
    size_gib: int | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """What a network should be: its addresses in CIDR notation, and where it lies."""

    kind: ClassVar[AssetKind] = AssetKind.NETWORK

    name: str
    cidr: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair, by its public half in OpenSSH's form: the private half is never seen."""

    kind: ClassVar[AssetKind] = AssetKind.KEY_PAIR

    name: str
    public_key: str


@dataclass(frozen=True, slots=True)
class FirewallRule:
    """What is let in: a protocol (`tcp`, `udp`), the ports from `first_port` to `last_port`, and from which CIDR."""

    protocol: str
    first_port: int
    last_port: int
    source: str = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Firewall:
    """What a firewall should be: what it lets in, all else being kept out."""

    kind: ClassVar[AssetKind] = AssetKind.FIREWALL

    name: str
    rules: tuple[FirewallRule, ...] = ()


AssetSpec = Volume | Network | KeyPair | Firewall
S = TypeVar("S", bound=AssetSpec)


@dataclass(frozen=True, slots=True)
class Asset(Generic[S]):
    """An asset as a provider reports it: `spec` is what it is, as far as the provider tells.

    `is_ready` is whether it can be used. `attached_to` is the id of the server that has the volume. `created_at` is an
    ISO 8601 time in UTC. `raw` holds what else the provider wants to tell, as JSON values, and never a secret.
    """

    id: str
    spec: S
    provider: str | None = None
    is_ready: bool = True
    attached_to: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    client_token: str | None = None
    created_at: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> AssetKind:
        """What it is."""
        return self.spec.kind

    @property
    def name(self) -> str:
        """The name that it was given."""
        return self.spec.name

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: every field, those of `spec` beside the others, and its kind."""
        spec = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self.spec).items()}
        return {
            "id": self.id,
            "kind": str(self.kind),
            **spec,
            "provider": self.provider,
            "is_ready": self.is_ready,
            "attached_to": self.attached_to,
            "labels": dict(self.labels),
            "client_token": self.client_token,
            "created_at": self.created_at,
            "raw": dict(self.raw),
        }
