"""A provider instance, as the rest of the house sees it: typed calls, each one a hook call behind."""

import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from provisioning.contract.asset import Asset, AssetSpec
from provisioning.contract.catalog import Image, Size, Zone
from provisioning.contract.connection import ConnectionStatus
from provisioning.contract.context import OperationContext
from provisioning.contract.server import Server, ServerSpec

__all__ = ["AnyPace", "Capability", "Provider", "ProviderLimits"]

S = TypeVar("S", bound=AssetSpec)


class Capability(StrEnum):
    """The optional parts of the provider interface."""

    START_STOP = "start_stop"
    """`start_server` and `stop_server`."""
    REBOOT = "reboot"
    """`reboot_server`."""
    CATALOG = "catalog"
    """`list_sizes`, `list_images` and `list_zones`."""
    VOLUMES = "volumes"
    """The hooks of assets, for volumes, and `volumes` of a `ServerSpec`."""
    VOLUME_ATTACHMENT = "volume_attachment"
    """`attach_volume` and `detach_volume`: volumes change their server while it is there."""
    NETWORKS = "networks"
    """The hooks of assets, for networks."""
    KEY_PAIRS = "key_pairs"
    """The hooks of assets, for key pairs."""
    FIREWALLS = "firewalls"
    """The hooks of assets, for firewalls, and `firewalls` of a `ServerSpec`."""


@dataclass(frozen=True, slots=True)
class ProviderLimits:
    """How one instance may be used.

    `timeout` bounds one call, in seconds. `max_parallel` is how many operations use it at once, `requests_per_second`
    how many calls go out in a second, by all runs of this process together; None for no limit. `listing_lag` is how
    long, in seconds, the cloud may hide from `find_server` what it has already created.
    """

    timeout: float | None = None
    max_parallel: int | None = None
    listing_lag: float = 0.0
    requests_per_second: float | None = None


class AnyPace(Protocol):
    """The evenly spaced turns in which one provider instance is called, over however many processes keep them."""

    def take(self) -> float:
        """Take the next turn; return how long it is away, in seconds, 0 for now."""
        ...

    def opens_in(self) -> float:
        """Return how long the next turn is away, taking none."""
        ...

    def pause(self, seconds: float) -> None:
        """Let nobody have a turn for so long."""
        ...


class Provider(Protocol):
    """One configured use of a provider. Every method may raise any `ProviderError`."""

    @property
    def name(self) -> str:
        """The instance's name in the configuration."""
        ...

    @property
    def type(self) -> str:
        """The provider's type: the name of the extension that brings it."""
        ...

    @property
    def capabilities(self) -> frozenset[str]:
        """What its manifest declares beyond the mandatory hooks."""
        ...

    @property
    def limits(self) -> ProviderLimits:
        """How it may be used."""
        ...

    def opens_in(self) -> float:
        """Return for how long calls are held back, in seconds: the rate is used up, or the cloud asked for a pause."""
        ...

    def check_connection(self, context: OperationContext | None = None) -> ConnectionStatus:
        """Say whether the cloud answers; never raises for an unreachable cloud."""
        ...

    def list_servers(
        self, labels: Mapping[str, str] | None = None, context: OperationContext | None = None
    ) -> Iterator[Server]:
        """Yield the servers that carry all of `labels`, page by page."""
        ...

    def get_server(self, server_id: str, context: OperationContext | None = None) -> Server:
        """Return one server, or raise `NotFound`."""
        ...

    def create_server(
        self,
        spec: ServerSpec,
        client_token: str,
        labels: Mapping[str, str],
        context: OperationContext | None = None,
    ) -> Server:
        """Create a server and return as soon as its id is known; the same token again is the same server."""
        ...

    def find_server(self, client_token: str, context: OperationContext | None = None) -> Server | None:
        """Return the server that was created with this token, or None."""
        ...

    def delete_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Delete a server; one that is gone is a success."""
        ...

    def start_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Start a stopped server (capability `start_stop`)."""
        ...

    def stop_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Stop a running server (capability `start_stop`)."""
        ...

    def reboot_server(self, server_id: str, context: OperationContext | None = None) -> None:
        """Reboot a running server (capability `reboot`)."""
        ...

    def list_sizes(self, context: OperationContext | None = None) -> Sequence[Size]:
        """Return the sizes on offer (capability `catalog`)."""
        ...

    def list_images(self, context: OperationContext | None = None) -> Sequence[Image]:
        """Return the images on offer (capability `catalog`)."""
        ...

    def list_zones(self, context: OperationContext | None = None) -> Sequence[Zone]:
        """Return the zones on offer (capability `catalog`)."""
        ...

    def create_asset(
        self, spec: S, client_token: str, labels: Mapping[str, str], context: OperationContext | None = None
    ) -> Asset[S]:
        """Create a volume, network, key pair or firewall; the same token again is the same one."""
        ...

    def find_asset(
        self, kind: builtins.type[S], client_token: str, context: OperationContext | None = None
    ) -> Asset[S] | None:
        """Return the asset of a kind that was created with this token, or None."""
        ...

    def get_asset(self, kind: builtins.type[S], asset_id: str, context: OperationContext | None = None) -> Asset[S]:
        """Return one asset, or raise `NotFound`."""
        ...

    def list_assets(
        self, kind: builtins.type[S], labels: Mapping[str, str] | None = None, context: OperationContext | None = None
    ) -> Iterator[Asset[S]]:
        """Yield the assets of a kind that carry all of `labels`, page by page."""
        ...

    def delete_asset(self, kind: builtins.type[S], asset_id: str, context: OperationContext | None = None) -> None:
        """Delete an asset; one that is gone is a success."""
        ...

    def attach_volume(self, volume_id: str, server_id: str, context: OperationContext | None = None) -> None:
        """Give a volume to a server (capability `volume_attachment`)."""
        ...

    def detach_volume(self, volume_id: str, context: OperationContext | None = None) -> None:
        """Take a volume from its server (capability `volume_attachment`)."""
        ...
