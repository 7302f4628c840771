"""What the distribution says of itself, so that a test need not be told of each package that joins it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["FOLDERS", "PACKAGES", "PLUGINS", "PROJECT", "PROVIDERS", "ROOT"]

ROOT = Path(__file__).parents[1]
PROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

PLUGINS: Mapping[str, str] = dict(sorted(PROJECT["entry-points"]["provisioning.extensions"].items()))
"""The bundled extensions that are packages, by name."""

PACKAGES = ("provisioning", *PLUGINS.values())
"""Every import package of the distribution."""

FOLDERS = sorted(path.parent.name for path in ROOT.glob("extensions/*/extension.toml"))
"""The bundled extensions that are folders, by name; all of them are off until they are enabled."""

PROVIDERS = sorted(
    manifest["extension"]["name"]
    for path in (*ROOT.glob("plugins/*/extension.toml"), *ROOT.glob("extensions/*/extension.toml"))
    if (manifest := tomllib.loads(path.read_text(encoding="utf-8")))["extension"]["type"] == "provider"
)
"""The bundled extensions that are providers, by name."""
