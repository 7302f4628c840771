"""The distributions of this environment, by their metadata: which versions are here, and which of them we need."""

import importlib.metadata
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

__all__ = ["OURS", "installed_versions", "own_distributions", "place_of"]

OURS = "provisioning"
"""The distribution that this program is."""


def installed_versions() -> Mapping[str, str]:
    """Return the version of each distribution by its normalised name; of two on the path, that of the first."""
    importlib.invalidate_caches()
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        try:
            found.setdefault(canonicalize_name(distribution.name), distribution.version)
        except Exception:  # noqa: BLE001, S112 - half an installation has no name and no version
            continue
    return found


def own_distributions() -> frozenset[str]:
    """Return the normalised names of provisioning and of everything that it needs, as far as it is installed."""
    found: set[str] = set()
    rest = [OURS]
    while rest:
        name = rest.pop()
        if name not in found:
            found.add(name)
            rest += _needs_of(name)
    return frozenset(found)


def place_of(name: str) -> Path | None:
    """Return the folder that a distribution is installed in; None where there is no such one."""
    importlib.invalidate_caches()
    try:
        return Path(str(importlib.metadata.distribution(name).locate_file("")))
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def _needs_of(name: str) -> Iterator[str]:
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for line in lines:
        try:
            need = Requirement(line)
        except InvalidRequirement:
            continue
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield canonicalize_name(need.name)
