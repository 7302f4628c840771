"""Secrets that extensions resolve: each asked for once, when a reference to it is first read."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from provisioning.app.hiding import hiding
from provisioning.config import Redactor, Resolver
from provisioning.dispatch import Service
from provisioning.errors import ExtensionBroken
from provisioning.extensions import SECRETS, ExtensionRecord, Registry

__all__ = ["Resolvers"]


class Resolvers(Mapping[str, Resolver]):
    """What each name of a secret resolver stands for, those of extensions that cannot be used too.

    `service` makes an extension ready. A secret is kept in memory while the application is open, and nowhere else. An
    extension is asked for one secret at a time; it is made ready before it is waited for, as that may read secrets of
    others.
    """

    def __init__(self, registry: Registry, service: Callable[[ExtensionRecord], Service], redactor: Redactor) -> None:
        self._registry = registry
        self._service = service
        self._redactor = redactor
        self._names = registry.names(SECRETS)
        self._known: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._getting_ready = threading.local()

    def __getitem__(self, name: str) -> Resolver:
        if name not in self._names:
            raise KeyError(name)
        return partial(self._resolve, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _resolve(self, name: str, path: str) -> str:
        key = (name, path)
        if key not in self._known:
            with hiding(self._redactor):
                self._ask(key, self._registry.find(SECRETS, name))
        return self._known[key]

    def _ask(self, key: tuple[str, str], record: ExtensionRecord) -> None:
        with self._once(record):
            service = self._service(record)
        with self._lock:
            if key not in self._known:
                self._known[key] = service.resolve_secret(*key)

    @contextmanager
    def _once(self, record: ExtensionRecord) -> Iterator[None]:
        """Refuse an extension that is made ready by this thread already: what it needs for that is its own secret."""
        names: set[str] = self._getting_ready.__dict__.setdefault("names", set())
        if record.name in names:
            raise ExtensionBroken(
                f"extension {record} needs this secret to get ready, and resolves it itself",
                extension=record.name,
                hint=f"let [extensions.options.{record.name}] name a variable or a file, or another extension's secret",
            )
        names.add(record.name)
        try:
            yield
        finally:
            names.discard(record.name)
