"""What an extension may know of the place that it works in, and how what it takes there is given back."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["ExtensionContext"]


def _forget(_disposer: Callable[[], None]) -> None:
    """Drop a disposer that nobody will run."""


@dataclass(frozen=True, slots=True)
class ExtensionContext:
    """The surroundings of one extension, from its activation to its deactivation.

    `options` are the extension's own keys under `[extensions.options.<name>]`, checked against the schema that its
    manifest names, with the schema's defaults; `directory` is the workspace. `on_deactivate(disposer)` keeps a function
    that gives back what was taken: all of them are run at deactivation, the newest first, even when one raises, and
    also when the activation itself fails half-way. One that is registered after that is run at once.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    directory: Path = Path()
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("provisioning.extensions"))
    on_deactivate: Callable[[Callable[[], None]], None] = _forget
