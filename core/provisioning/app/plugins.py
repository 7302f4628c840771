"""The plugins of extensions that bring hooks or kinds: loaded once, when the first of them is needed."""

import logging
import threading
from functools import cached_property

from provisioning.dispatch import Wrapper
from provisioning.errors import ExtensionError
from provisioning.extensions import ExtensionRecord, ExtensionType, Registry, load_plugin

__all__ = ["Plugins"]

_LOGGER = logging.getLogger("provisioning.extensions")


class Plugins:
    """Loads plugins by the records of their extensions."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._loaded: dict[str, object] = {}
        self._lock = threading.RLock()

    def get(self, record: ExtensionRecord) -> object:
        """Return the plugin of an extension; raises `ExtensionError` when it cannot be had."""
        with self._lock:
            if record.name not in self._loaded:
                self._loaded[record.name] = load_plugin(record)
            return self._loaded[record.name]

    @cached_property
    def hooks(self) -> tuple[Wrapper, ...]:
        """The plugins of all hooks extensions that are ready, with their names; one that is broken is left out."""
        found: list[Wrapper] = []
        for record in self._registry.records:
            if record.type is ExtensionType.HOOKS and record.is_ready:
                try:
                    found.append((record.name, self.get(record)))
                except ExtensionError as error:
                    _LOGGER.warning("%s", error.message)
        return tuple(found)
