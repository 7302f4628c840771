"""The plugins of extensions that bring hooks or kinds: loaded and activated once, when the first of them is needed."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

from provisioning.dispatch import Service, Wrapper
from provisioning.errors import ExtensionError
from provisioning.extensions import ExtensionRecord, ExtensionType, Life, Registry, load_plugin

__all__ = ["Plugins"]

_LOGGER = logging.getLogger("provisioning.extensions")


class Plugins:
    """Loads plugins by the records of their extensions, and deactivates them when it is closed.

    `options` returns the checked options of an extension, `directory` is the workspace, `redact` takes secrets out of
    what is logged. With `is_strict` a hooks extension that is broken is an error and not left out. `lock` lets its
    holder in again. What happens to an extension is told on the logger `provisioning.extensions`: it belongs to no run,
    so no journal holds it.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        options: Callable[[ExtensionRecord], Mapping[str, Any]],
        directory: Path,
        redact: Callable[[str], str] = str,
        is_strict: bool = False,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self._registry = registry
        self._options = options
        self._directory = directory
        self._redact = redact
        self._is_strict = is_strict
        self._lives: dict[tuple[str, str], Life] = {}
        self._lock = lock or threading.RLock()

    def get(self, record: ExtensionRecord, role: str | None = None) -> object:
        """Return a plugin of an extension, activated; `role` is its type when left out.

        Two entry points that name one object are one plugin. Raises `ExtensionError` when it cannot be had, and
        `ConfigurationError` for options that do not fit.
        """
        with self._lock:
            return self._life(record, role or str(record.type or ExtensionType.HOOKS)).plugin

    def service(self, record: ExtensionRecord) -> Service:
        """Return what an extension does for the program, its `hooks` plugin activated; raises as `get`."""
        with self._lock:
            life = self._life(record, ExtensionType.HOOKS)
            return Service(life.plugin, record.name, life.context)

    def _life(self, record: ExtensionRecord, role: str) -> Life:
        key = (record.name, str(record.manifest.target(role)))
        if key not in self._lives:
            self._lives[key] = self._begin(record, role)
        return self._lives[key]

    def _begin(self, record: ExtensionRecord, role: str) -> Life:
        options = self._options(record)
        life = Life(record, load_plugin(record, role), options, self._directory)
        life.activate()
        _tell(logging.INFO, "ExtensionActivated", record, f"extension {record} was activated")
        return life

    @cached_property
    def hooks(self) -> tuple[Wrapper, ...]:
        """The hooks plugins of all extensions that are ready, in order; one that is broken is left out."""
        found: list[Wrapper] = []
        with self._lock:
            for record in self._registry.in_order():
                if record.manifest.target("hooks") is not None:
                    try:
                        found.append((record.name, self.get(record, "hooks")))
                    except ExtensionError as error:
                        if self._is_strict:
                            raise
                        _tell(logging.WARNING, "ExtensionFailed", record, self._redact(error.message))
        return tuple(found)

    def close(self) -> None:
        """Deactivate every plugin, the newest first; what fails in it is told and changes nothing."""
        with self._lock:
            lives, self._lives = list(self._lives.values()), {}
        for life in reversed(lives):
            failures = life.deactivate()
            if failures:
                words = f"extension {life.record} failed while it was deactivated: {'; '.join(failures)}"
                _tell(logging.WARNING, "ExtensionFailed", life.record, self._redact(words))
            _tell(logging.INFO, "ExtensionDeactivated", life.record, f"extension {life.record} was deactivated")


def _tell(level: int, event: str, record: ExtensionRecord, message: str) -> None:
    """Log one event of an extension's life, on one line; `event` and `extension` are on the log record as well."""
    _LOGGER.log(level, "%s", " ".join(message.split()), extra={"event": event, "extension": record.name})
