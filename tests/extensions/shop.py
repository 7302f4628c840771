"""Extensions as the kit makes them, for tests that speak of the folder in which extensions are looked for."""

from pathlib import Path
from typing import Any

from provisioning.testing import ExtensionShop, manifest

__all__ = ["PROVIDER", "Shop", "manifest"]

PROVIDER = (
    "class Cloud:\n    def __init__(self, name, config):\n        self.name = name\n        self.config = config\n"
)
"""The code of a provider's class."""


class Shop(ExtensionShop):
    """A shop whose folder extensions are known by what holds them."""

    def folder(self, *arguments: Any, **options: Any) -> Path:
        """Make a folder extension and return the folder that holds it."""
        return super().folder(*arguments, **options).parent
