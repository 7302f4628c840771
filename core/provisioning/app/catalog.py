"""What workflows can name: the kinds that extensions bring, and the provider instances that are configured."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioning.app.options import Options
from provisioning.app.plugins import Plugins
from provisioning.app.summary import ProviderSummary
from provisioning.config import Configuration, ProviderSettings
from provisioning.contract import AnyPace, ConnectionStatus, ProviderLimits
from provisioning.dispatch import KindHandle, ProviderHandle, Times
from provisioning.errors import ConfigurationError, ExtensionError
from provisioning.extensions import (
    ExtensionProblem,
    ExtensionRecord,
    ProblemCode,
    Registry,
    brought_kinds,
    load_provider,
)

__all__ = ["KindCatalog", "ProviderCatalog"]

MakePace = Callable[[str, float | None], AnyPace | None]


class KindCatalog:
    """Every kind of operation by name; an extension is loaded when one of its kinds is asked for."""

    def __init__(self, registry: Registry, plugins: Plugins, times: Mapping[str, Times] | None = None) -> None:
        self._registry = registry
        self._plugins = plugins
        self._times = times
        self._handles: dict[str, KindHandle] = {}
        self._lock = threading.RLock()

    def names(self) -> Sequence[str]:
        """Return the names of all kinds, as manifests declare them."""
        return self._registry.kinds()

    def get(self, name: str) -> KindHandle:
        """Return one kind; raises `ExtensionError` when its extension cannot be had, or does not bring it."""
        handle = self._handles.get(name)
        return handle if handle is not None else self._load(name)

    def _load(self, name: str) -> KindHandle:
        with self._lock:
            record = self._registry.find_kind(name)
            hooks = self._plugins.hooks  # first: an extension that brings kinds may come after one that watches
            kind = brought_kinds(record, self._plugins.get(record))[name]
            self._handles[name] = KindHandle(kind, record.name, hooks, self._times)
            return self._handles[name]


class ProviderCatalog:
    """Every configured provider instance by name; a provider is loaded when it is asked for.

    With `is_remote` it is not even then: others call it, and only its limits are needed here. `paces` makes the pace of
    an instance, where that is kept over more than this process.
    """

    def __init__(
        self,
        configuration: Configuration,
        registry: Registry,
        plugins: Plugins,
        options: Options,
        times: Mapping[str, Times] | None = None,
        *,
        is_remote: bool = False,
        paces: MakePace | None = None,
    ) -> None:
        self._is_remote = is_remote
        self._paces = paces
        self._configuration = configuration
        self._registry = registry
        self._plugins = plugins
        self._options = options
        self._times = times
        self._handles: dict[str, ProviderHandle] = {}
        self._lock = threading.RLock()

    def names(self) -> Sequence[str]:
        """Return the names of all configured instances."""
        return list(self._configuration.providers)

    def get(self, name: str) -> ProviderHandle:
        """Return one instance, its code imported and its options checked.

        Raises `ConfigurationError` for an instance that is not configured or has wrong options, `ExtensionError` for
        a provider that cannot be had.
        """
        handle = self._handles.get(name)
        return handle if handle is not None else self._load(name)

    def check(self, name: str) -> ConnectionStatus:
        """Ask one instance whether its cloud answers; one that is configured and cannot be loaded is an answer."""
        try:
            return self.get(name).check_connection()
        except (ConfigurationError, ExtensionError) as error:
            if name not in self.names():
                raise
            return ConnectionStatus(reachable=False, message=error.message, hint=error.hint)

    def _load(self, name: str) -> ProviderHandle:
        with self._lock:
            if name not in self._handles:
                self._handles[name] = self._unopened(name) if self._is_remote else self._opened(name)
            return self._handles[name]

    def _opened(self, name: str) -> ProviderHandle:
        settings = self._configuration.provider(name)
        record = self._registry.find_provider(settings.type)
        options = self._options.of_provider(record, settings)
        handle = self._handle(settings, record, lambda: options)
        try:
            handle.open()
        except ExtensionError as error:
            record.refuse(ExtensionProblem(ProblemCode.PLUGIN_FAILED, error.message, error.hint))
            raise
        return handle

    def _unopened(self, name: str) -> ProviderHandle:
        """Make what a driver needs of an instance that workers call: its secrets may be known to them alone."""
        settings = self._configuration.provider_use(name)
        record = self._registry.find_provider(settings.type)
        return self._handle(
            settings, record, lambda: self._options.of_provider(record, self._configuration.provider(name))
        )

    def _handle(
        self, settings: ProviderSettings, record: ExtensionRecord, options: Callable[[], Mapping[str, Any]]
    ) -> ProviderHandle:
        provider = record.manifest.provider
        lag = provider.listing_lag if settings.listing_lag is None else settings.listing_lag
        return ProviderHandle(
            settings.name,
            settings.type,
            lambda: load_provider(record)(settings.name, options()),
            capabilities=frozenset(provider.capabilities),
            limits=ProviderLimits(settings.timeout, settings.max_parallel, lag, settings.requests_per_second),
            wrappers=self._plugins.hooks,
            times=self._times,
            pace=self._pace_of(settings),
        )

    def _pace_of(self, settings: ProviderSettings) -> AnyPace | None:
        return None if self._paces is None else self._paces(settings.name, settings.requests_per_second)

    def close(self) -> None:
        """Let every instance that was used let go of what it holds."""
        with self._lock:
            handles, self._handles = list(self._handles.values()), {}
        for handle in handles:
            handle.close()

    def summaries(self) -> Sequence[ProviderSummary]:
        """Return what is known of each instance, importing none."""
        return [self._summary(name) for name in self.names()]

    def _summary(self, name: str) -> ProviderSummary:
        try:
            settings = self._configuration.provider(name)
            record = self._registry.find_provider(settings.type)
        except (ConfigurationError, ExtensionError) as error:
            return ProviderSummary(name, name, None, "missing", problem=error.message)
        capabilities = tuple(record.manifest.provider.capabilities)
        return ProviderSummary(name, settings.type, record.version, str(record.status), capabilities)
