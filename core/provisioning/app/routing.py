"""By whom a job may be carried out: the pool, and the extensions that it needs, as they are here."""

from collections.abc import Iterator
from functools import lru_cache

from provisioning.config import Configuration
from provisioning.contract import DEFAULT_POOL, Route
from provisioning.errors import ProvisioningError
from provisioning.extensions import KINDS, ExtensionRecord, Registry

__all__ = ["Routing"]


class Routing:
    """Says of kinds and provider instances which extensions bring them; nothing is imported for it."""

    def __init__(self, configuration: Configuration, registry: Registry) -> None:
        self._configuration = configuration
        self._registry = registry
        self.route = lru_cache(maxsize=1024)(self._route)
        """The route of a job by its kind, its provider instance and the pool that its operation names."""

    def offered(self) -> Iterator[Route]:
        """Yield every route that can be taken here, of whatever pool: each kind with each configured instance."""
        kinds = {_named(record) for record in self._registry.records if record.is_ready and KINDS.names(record)}
        instances: list[tuple[str | None, tuple[str, str] | None]] = [(None, None)]
        for name in self._configuration.providers:
            try:
                settings = self._configuration.provider(name)  # with its secrets: who lacks them cannot call it
                instances.append((name, _named(self._registry.find_provider(settings.type))))
            except ProvisioningError:
                continue
        for kind in sorted(kinds):
            for instance, provider in instances:
                yield Route(kind=kind, instance=instance, provider=provider)

    def _route(self, kind: str, instance: str | None, pool: str | None) -> Route:
        found = _named(self._registry.find_kind(kind))
        if instance is None:
            return Route(pool or DEFAULT_POOL, found)
        settings = self._configuration.provider_use(instance)
        provider = _named(self._registry.find_provider(settings.type))
        return Route(pool or settings.pool, found, instance, provider, settings.max_parallel)


def _named(record: ExtensionRecord) -> tuple[str, str]:
    return record.name, record.version or ""
