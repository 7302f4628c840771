"""A bundled extension in a test's hands: loaded as the registry loads it, its options checked against its schema."""

import importlib
import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from provisioning.contract import Event, ExtensionContext, Operation
from provisioning.extensions import ExtensionRecord, Registry, Selection, checked_options
from provisioning.extensions.bundled import bundled_folder
from provisioning.extensions.folder_package import folder_package

NAMES = ("audit-log", "policy-guard", "webhook-notify")


def folder(name: str) -> Path:
    """Return the folder of a bundled extension."""
    home = bundled_folder()
    assert home is not None
    return home / name


def record(name: str) -> ExtensionRecord:
    """Return the record of a bundled extension that somebody has enabled."""
    return Registry.discover(explicit=[folder(name)], selection=Selection(enabled=[name])).get(name)


def module(name: str, inner: str) -> ModuleType:
    """Import one of its modules, under the name that the loader gives it."""
    return importlib.import_module(f"{folder_package(name, folder(name))}.{inner}")


def checked(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with the schema's defaults; raises as the application would."""
    return checked_options(record(name), options)


@contextmanager
def _life(name: str, plugin: Any, options: Mapping[str, Any], directory: Path) -> Any:
    disposers: list[Any] = []
    logger = logging.getLogger(f"provisioning.extensions.{name}")
    plugin.extension_activate(ExtensionContext(name, checked(name, options), directory, logger, disposers.append))
    try:
        yield plugin
    finally:
        for disposer in reversed(disposers):
            disposer()


def activated(name: str, plugin: Any, options: Mapping[str, Any], directory: Path) -> AbstractContextManager[Any]:
    """Activate a plugin for the length of a `with` block."""
    return _life(name, plugin, options, directory)


def operation(id: str = "a", kind: str = "server_create", *, provider: str | None = "local", **more: Any) -> Operation:  # noqa: A002
    """Return an operation of the run `wf`, its parameters and state given by name."""
    given = {"parameters": {}, "workflow_id": "wf", "client_token": "token-1", **more}
    return Operation(id, kind, provider=provider, **given)


def event(kind: str = "WorkflowFailed", sequence: int = 7, **data: Any) -> Event:
    """Return an event of the run `wf`."""
    return Event(sequence, "wf", kind, 1_700_000_000.5, None, data)
