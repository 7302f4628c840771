"""The extensions of a workspace made what a frozen document says they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from provisioning._version import __version__
from provisioning.app.installing import InstallPlan, install, plan_packages
from provisioning.extensions import (
    Change,
    ExtensionRecord,
    Frozen,
    FrozenExtension,
    Installer,
    Registry,
    Say,
    folder_digest,
    installed_versions,
    is_enabled,
)

__all__ = ["RestorePlan", "plan_restore", "restore"]


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What has to change until the extensions are those of `frozen`.

    `switches` are names, and whether each is used from then on. `unmended` says what cannot be restored, as a folder
    is nobody's to fetch; `notes` is what people should know.
    """

    frozen: Frozen
    install: InstallPlan
    uninstall: tuple[Change, ...] = ()
    switches: tuple[tuple[str, bool], ...] = ()
    unmended: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return self.install.is_empty and not self.uninstall and not self.switches

    @property
    def steps(self) -> tuple[str, ...]:
        """What is to be done, a line for each step."""
        switched = (f"{'enable' if is_on else 'disable'} {name}" for name, is_on in self.switches)
        return (*map(str, self.install.changes), *map(str, self.uninstall), *switched)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "changes": [change.as_dict() for change in (*self.install.changes, *self.uninstall)],
            "own_dependencies": [change.distribution for change in self.install.own],
            "enable": [name for name, is_on in self.switches if is_on],
            "disable": [name for name, is_on in self.switches if not is_on],
            "unmended": list(self.unmended),
            "notes": list(self.notes),
        }


def plan_restore(
    frozen: Frozen, registry: Registry, find: Callable[[], Installer], *, prune: bool = False
) -> RestorePlan:
    """Return what has to change; with `prune` extension packages that are not in it are uninstalled.

    Raises `InstallerFailed` where the packages cannot be had together, so before anything is changed.
    """
    wanted = _wanted(frozen)
    here = installed_versions()
    missing = [f"{name}=={version}" for name, version in wanted.items() if not _is_same(version, here.get(name))]
    extra = sorted(_packages(registry) - set(wanted))
    return RestorePlan(
        frozen,
        plan_packages(missing, find()) if missing else InstallPlan(),
        tuple(Change(name, here.get(name), None) for name in extra if prune),
        (*_switches(frozen, registry), *_foreseen(frozen, registry)),
        tuple(_unmended(frozen, registry)),
        tuple(_notes(frozen, () if prune else extra)),
    )


def restore(
    plan: RestorePlan,
    find: Callable[[], Installer],
    discover: Callable[[], Registry],
    switch: Callable[[Registry, str, bool], object],
    say: Say,
) -> None:
    """Carry a plan out: packages first, then, as `discover` sees them, which of them are used."""
    install(plan.install, find, say)
    for change in plan.uninstall:
        find().uninstall(change.distribution, say=say)
    registry = discover()
    for name, is_on in _switches(plan.frozen, registry):
        switch(registry, name, is_on)


def _wanted(frozen: Frozen) -> dict[str, str]:
    """Return the version of each distribution of a package, by its normalised name."""
    needs = [one.requirement for one in frozen.extensions if one.origin == "package"]
    return {canonicalize_name(need.name): next(iter(need.specifier)).version for need in needs}


def _is_same(wanted: str, here: str | None) -> bool:
    try:
        return here is not None and Version(wanted) == Version(here)
    except InvalidVersion:
        return False


def _packages(registry: Registry) -> set[str]:
    """Return the normalised names of the distributions that bring extensions, without our own."""
    origins = [record.origin for record in registry.records]
    return {canonicalize_name(one.distribution) for one in origins if one.distribution and not one.is_bundled}


def _of_name(registry: Registry, name: str) -> Sequence[ExtensionRecord]:
    return [record for record in registry.records if record.name == name]


def _switches(frozen: Frozen, registry: Registry) -> Iterator[tuple[str, bool]]:
    """Yield the names of those that are here and are used where they should not be, or the other way round."""
    wanted = {one.name: one.enabled for one in frozen.extensions}
    for name, is_on in wanted.items():
        found = _of_name(registry, name)
        if found and any(is_enabled(record) is not is_on for record in found):
            yield name, is_on


def _foreseen(frozen: Frozen, registry: Registry) -> Iterator[tuple[str, bool]]:
    """Yield the names of those that are not here yet, and will not be used when they are."""
    for one in frozen.extensions:
        if one.origin == "package" and not one.enabled and not _of_name(registry, one.name):
            yield one.name, False


def _unmended(frozen: Frozen, registry: Registry) -> Iterator[str]:
    for one in frozen.extensions:
        if one.origin != "package":
            yield from _difference(one, _of_name(registry, one.name))


def _difference(one: FrozenExtension, found: Sequence[ExtensionRecord]) -> Iterator[str]:
    if one.digest is None:
        if not any(record.origin.is_bundled for record in found):
            yield f"{one.name} {one.version} is not bundled with this version of provisioning"
        return
    folders = [record.location for record in found if record.origin.kind.is_folder and record.location]
    where = f" ({one.folder})" if one.folder else ""
    if not folders:
        yield f"the folder of {one.name} {one.version} is not there{where}"
    elif not any(folder.is_dir() and folder_digest(folder) == one.digest for folder in folders):
        yield f"the folder of {one.name} {one.version} holds something else than it did{where}"


def _notes(frozen: Frozen, extra: Sequence[str]) -> Iterator[str]:
    if frozen.provisioning != __version__:
        yield f"this was frozen with provisioning {frozen.provisioning}, and you have {__version__}"
    if extra:
        yield f"not in it, and left as they are: {', '.join(extra)}; --prune uninstalls them"
