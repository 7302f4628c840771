"""The provider that is tried: found by its manifest and made as the application makes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

from provisioning.contract import ProviderHooks, ProviderLimits
from provisioning.dispatch import HookSet, ProviderHandle, hooks_of
from provisioning.extensions import (
    MANIFEST_FILE,
    ExtensionRecord,
    Registry,
    Selection,
    checked_options,
    load_provider,
    read_manifest,
    secret_keys,
)
from provisioning.testing.conformance.setup import ProviderSetup

__all__ = ["INSTANCE", "Subject"]

INSTANCE = "conformance"
"""The name of the provider instances that are made."""


@dataclass(frozen=True)
class Subject:
    """A provider, as its author set it up; raises what the application would, when it cannot be had."""

    setup: ProviderSetup
    _made: list[object] = field(default_factory=list, init=False, repr=False, compare=False)

    @cached_property
    def record(self) -> ExtensionRecord:
        """The extension that brings it."""
        extension = self.setup.extension
        if isinstance(extension, str):
            return Registry.discover(selection=Selection(enabled=[extension])).find_provider(extension)
        name = read_manifest(extension / MANIFEST_FILE).extension.name
        selection = Selection(enabled=[name])
        return Registry.discover(search_path=[], explicit=[extension], selection=selection).find_provider(name)

    @property
    def listing_lag(self) -> float:
        """How long the cloud may hide what it has created, in seconds."""
        return self.record.manifest.provider.listing_lag

    @property
    def capabilities(self) -> frozenset[str]:
        """What the manifest declares."""
        return frozenset(self.record.manifest.provider.capabilities)

    def make(self, config: Mapping[str, Any] | None = None) -> object:
        """Make one more object of the provider, of the author's configuration when none is given."""
        options = checked_options(self.record, self.setup.config if config is None else config)
        made = load_provider(self.record)(INSTANCE, options)
        self._made.append(made)
        return made

    def close(self) -> None:
        """Let every object that was made and has a `close()` let go of what it holds, as the application does."""
        while self._made:
            close = getattr(self._made.pop(), "close", None)
            if callable(close):
                close()

    def instance(self, owner: object) -> ProviderHandle:
        """Return a provider instance over an object, as the engine uses it."""
        limits = ProviderLimits(listing_lag=self.listing_lag)
        handle = ProviderHandle(
            INSTANCE, self.record.name, lambda: owner, capabilities=self.capabilities, limits=limits
        )
        handle.open()
        return handle

    def hooks(self, owner: object) -> HookSet:
        """Return the bare hooks of an object, for what an instance would put right by itself."""
        return HookSet(
            ProviderHooks,
            hooks_of(ProviderHooks),
            self.record.name,
            owner,
            subject=f"provider {INSTANCE} (extension {self.record.name})",
        )

    @property
    def secrets(self) -> frozenset[str]:
        """Everything in the configuration that nobody may be shown."""
        config = self.setup.config
        marked = (_texts(_value_at(config, path)) for path in secret_keys(self.record, config))
        return frozenset(text for text in (*self.setup.secrets, *chain.from_iterable(marked)) if text)


def _value_at(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):  # a number that is a secret may be anywhere by chance
        yield value
