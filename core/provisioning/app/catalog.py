"""What workflows can name: the kinds that extensions bring, and the provider instances that are configured."""

import threading
from collections.abc import Mapping, Sequence

from provisioning.app.options import Options
from provisioning.app.plugins import Plugins
from provisioning.app.summary import ProviderSummary
from provisioning.config import Configuration, ProviderSettings
from provisioning.contract import ConnectionStatus, ProviderLimits
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
    """Every configured provider instance by name; a provider is loaded when it is asked for."""

    def __init__(
        self,
        configuration: Configuration,
        registry: Registry,
        plugins: Plugins,
        options: Options,
        times: Mapping[str, Times] | None = None,
    ) -> None:
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
                settings = self._configuration.provider(name)
                record = self._registry.find_provider(settings.type)
                handle = self._make(settings, record)
                try:
                    handle.open()
                except ExtensionError as error:
                    record.refuse(ExtensionProblem(ProblemCode.PLUGIN_FAILED, error.message, error.hint))
                    raise
                self._handles[name] = handle
            return self._handles[name]

    def _make(self, settings: ProviderSettings, record: ExtensionRecord) -> ProviderHandle:
        options = self._options.of_provider(record, settings)
        provider = record.manifest.provider
        lag = provider.listing_lag if settings.listing_lag is None else settings.listing_lag
        return ProviderHandle(
            settings.name,
            settings.type,
            lambda: load_provider(record)(settings.name, options),
            capabilities=frozenset(provider.capabilities),
            limits=ProviderLimits(settings.timeout, settings.max_parallel, lag, settings.requests_per_second),
            wrappers=self._plugins.hooks,
            times=self._times,
        )

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
