"""What a driver keeps besides servers; where servers are processes, there is nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from provisioning.contract import Asset, AssetKind, AssetSpec, OperationContext
from provisioning.errors import NotFound, Unsupported

__all__ = ["Assets", "NoAssets"]


class Assets(Protocol):
    """The part of the provider interface that is about volumes and networks; each method is the hook of its name."""

    def create_asset(
        self, spec: AssetSpec, client_token: str, labels: Mapping[str, str], context: OperationContext
    ) -> Asset[Any]:
        """Create one; the same token is the same one."""
        ...

    def find_asset(self, kind: AssetKind, client_token: str, context: OperationContext) -> Asset[Any] | None:
        """Return the one that was created with this token, or None."""
        ...

    def get_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> Asset[Any]:
        """Return one, or raise `NotFound`."""
        ...

    def list_assets(
        self, kind: AssetKind, labels: Mapping[str, str] | None, context: OperationContext
    ) -> Iterator[Asset[Any]]:
        """Yield those that carry all of `labels`."""
        ...

    def delete_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> None:
        """Delete one; one that is gone is a success."""
        ...


class NoAssets:
    """The assets of processes: none, and none can be made."""

    def __init__(self, provider: str) -> None:
        self._name = provider

    def create_asset(
        self,
        spec: AssetSpec,
        client_token: str,  # noqa: ARG002 - the protocol's
        labels: Mapping[str, str],  # noqa: ARG002
        context: OperationContext,  # noqa: ARG002
    ) -> Asset[Any]:
        """Raise `Unsupported`."""
        raise Unsupported(
            f"provider {self._name} cannot create {spec.kind.words} {spec.name}: its servers are processes",
            provider=self._name,
            hint='set `driver = "docker"` of this provider',
        )

    def find_asset(
        self,
        kind: AssetKind,  # noqa: ARG002
        client_token: str,  # noqa: ARG002
        context: OperationContext,  # noqa: ARG002
    ) -> Asset[Any] | None:
        """Return None."""
        return None

    def get_asset(
        self,
        kind: AssetKind,
        asset_id: str,
        context: OperationContext,  # noqa: ARG002
    ) -> Asset[Any]:
        """Raise `NotFound`."""
        raise NotFound(f"provider {self._name} has no {kind.words} {asset_id}", provider=self._name)

    def list_assets(
        self,
        kind: AssetKind,  # noqa: ARG002
        labels: Mapping[str, str] | None,  # noqa: ARG002
        context: OperationContext,  # noqa: ARG002
    ) -> Iterator[Asset[Any]]:
        """Yield nothing."""
        return iter(())

    def delete_asset(self, kind: AssetKind, asset_id: str, context: OperationContext) -> None:
        """Do nothing: what is not there is deleted."""
