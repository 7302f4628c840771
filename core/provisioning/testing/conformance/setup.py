"""What an author says of a provider so that it can be tried: the one fixture of the conformance suite."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioning.contract import AssetSpec, ServerSpec
from provisioning.testing.conformance.trouble import Trouble

__all__ = ["ProviderSetup"]


@dataclass(frozen=True, slots=True)
class ProviderSetup:
    """How a provider is tried. Only `extension` is always needed; whatever is tried costs what the cloud charges.

    Servers that the suite creates carry the label `provisioning-conformance`; it deletes them, and no others. What
    could be a secret is not in the `repr`, which pytest shows when a test fails.
    """

    extension: str | Path
    """The folder that holds its `extension.toml`; of a package that is installed here, the extension's name."""
    title: str | None = field(default=None, kw_only=True)
    """What a report calls the provider; None for the extension's name."""
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The provider's own keys, as under `[providers.<instance>]`. Two instances made of them use one cloud."""
    spec: ServerSpec = field(default_factory=lambda: ServerSpec("conformance"))
    """A server that can be created: small, cheap and soon running. Names are made from its name."""
    unreachable: Mapping[str, Any] | None = field(default=None, repr=False)
    """The provider's own keys with which its cloud cannot be reached; None when there are none."""
    unknown_id: str = "no-such-server"
    """The id of a server that there never was, as the cloud writes ids."""
    unknown_size: str | None = "no-such-size"
    """A size that the cloud does not have; None when it takes any."""
    unknown_image: str | None = "no-such-image"
    """An image that the cloud does not have; None when it takes any."""
    bad_name: str | None = ""
    """A server's name that the cloud refuses; None when it takes any."""
    odd_labels: Mapping[str, str] = field(default_factory=lambda: {"conformance.odd_key-1": "A-b_c.9"})
    """Labels with the oddest characters that the cloud allows."""
    secrets: Sequence[str] = field(default=(), repr=False)
    """Texts that nobody may be shown, beside the values of `config` that its schema says are secret."""
    heeds_context: Sequence[str] = ()
    """The hooks that can wait long, and hear that the operation is cancelled or that its time is up."""
    assets: Sequence[AssetSpec] = ()
    """Volumes, networks, key pairs and firewalls that can be made: of each kind that the manifest declares, one."""
    unknown_asset_id: str = "no-such-asset"
    """The id of an asset that there never was, as the cloud writes ids."""
    trouble: Trouble = field(default_factory=Trouble, repr=False)
    """What the cloud of the tests can do to the provider: lose replies, refuse, hang."""
    call_time: float = 30.0
    """How long one call may take that does not wait for anything, in seconds."""
    patience: float = 300.0
    """How long to wait for a server to be running, stopped or gone, in seconds."""
    sleep: Callable[[float], object] = time.sleep
    """Waits some seconds between two looks."""
    clock: Callable[[], float] = time.monotonic
    """Reads a clock, in seconds."""

    @property
    def shown_as(self) -> str:
        """What a report calls the provider."""
        return self.title or (self.extension if isinstance(self.extension, str) else self.extension.name)
