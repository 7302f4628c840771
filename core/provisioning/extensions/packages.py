"""Installed packages that say they are extensions, found without importing any of them."""

import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

from provisioning.extensions.origin import Origin, OriginKind

__all__ = ["GROUP", "InstalledPackage", "installed_packages"]

GROUP = "provisioning.extensions"
"""The entry-point group; its values are the import packages that hold an extension.toml."""


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """One entry point of the group: its name, the import package that it names, and whose it is."""

    name: str
    package: str
    origin: Origin

    def folders(self) -> Sequence[Path]:
        """Return the folders of the import package, several for a namespace package; none when there is no such one."""
        try:
            spec = _located(self.package)
        except Exception:  # noqa: BLE001 - a stranger's import finder may do anything; then there is no such package
            return ()
        return [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]


def installed_packages(search_path: Sequence[str] | None = None) -> Iterator[InstalledPackage]:
    """Yield every entry point of the group in the environment, or in `search_path`, each distribution's once.

    A distribution whose metadata cannot be read is passed over: nobody can say that it is an extension.
    """
    if search_path is None:
        distributions = importlib.metadata.distributions()
    else:
        distributions = importlib.metadata.distributions(path=list(search_path))
    seen: set[tuple[str, str]] = set()
    for distribution in distributions:
        for package in _packages_of(distribution):
            key = (package.origin.distribution or "", package.name)
            if key not in seen:  # the first of two on the path is the one that is imported
                seen.add(key)
                yield package


def _packages_of(distribution: importlib.metadata.Distribution) -> list[InstalledPackage]:
    try:
        text = distribution.read_text("entry_points.txt")
    except Exception:  # noqa: BLE001 - a stranger's files; nobody can say that this is an extension
        return []
    if not text or GROUP not in text:  # most have nothing to say to us, and parsing them all is slow
        return []
    origin = _origin(distribution)
    try:
        found = distribution.entry_points.select(group=GROUP)
        return [InstalledPackage(entry.name, entry.value.strip(), origin) for entry in found]
    except Exception:  # noqa: BLE001 - what cannot be parsed is an extension that names no package
        return [InstalledPackage(origin.distribution or "unknown", "", origin)]


def _origin(distribution: importlib.metadata.Distribution) -> Origin:
    try:
        metadata = distribution.metadata  # which parses the whole file each time
        name, version = metadata["Name"], metadata["Version"]
    except Exception:  # noqa: BLE001 - half an installation
        name, version = "unknown", "unknown"
    return Origin(OriginKind.PACKAGE, distribution=name, distribution_version=version)


def _located(name: str) -> ModuleSpec | None:
    """Find a package; its parents are looked into, never imported, which `find_spec` of a dotted name would do."""
    first, *inner = name.split(".")
    spec = find_spec(first)
    for part in inner:
        if spec is None or spec.submodule_search_locations is None:
            return None
        spec = PathFinder.find_spec(f"{spec.name}.{part}", spec.submodule_search_locations)
    return spec
