"""Extensions installed: what that would change is found out first, and is a value that can be shown and agreed to."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from provisioning.errors import ConfigurationError
from provisioning.extensions import (
    MANIFEST_FILE,
    Change,
    ExtensionRecord,
    Installer,
    Registry,
    Say,
    Status,
    check_copyable,
    extension_folder,
    folder_digest,
    own_distributions,
    place_folder,
    read_manifest,
    requested_name,
)

__all__ = ["FolderChange", "InstallPlan", "Installed", "brought", "install", "plan_install", "plan_packages"]

_GOOD = frozenset({Status.READY, Status.ACTIVE, Status.DISABLED})


@dataclass(frozen=True, slots=True)
class FolderChange:
    """A folder extension that is copied from `source` to `target`; `before` is the version there, if there is one."""

    name: str
    version: str
    source: Path
    target: Path
    before: str | None = None

    def __str__(self) -> str:
        what = f"copy {self.name} {self.version} to {self.target}"
        return what if self.before is None else f"{what}, in place of {self.before}"

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "before": self.before,
            "after": self.version,
            "source": str(self.source),
            "target": str(self.target),
        }


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """What an installation would change.

    `own` are those of the `changes` that give provisioning itself, or something that it needs, another version.
    `requested` are the names of the distributions that were asked for, as far as they are known.
    """

    requirements: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    own: tuple[Change, ...] = ()
    folders: tuple[FolderChange, ...] = ()
    is_upgrade: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether everything that was asked for is there already."""
        return not self.changes and not self.folders

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "changes": [change.as_dict() for change in self.changes],
            "own_dependencies": [change.distribution for change in self.own],
            "folders": [folder.as_dict() for folder in self.folders],
        }


@dataclass(frozen=True, slots=True)
class Installed:
    """What was brought: the records of its extensions, and the distributions that bring none."""

    records: tuple[ExtensionRecord, ...] = ()
    without_extension: tuple[str, ...] = ()

    @property
    def unusable(self) -> tuple[ExtensionRecord, ...]:
        """Those that are neither ready nor disabled."""
        return tuple(record for record in self.records if record.status not in _GOOD)


def plan_install(
    requirements: Sequence[str], holder: Path, find: Callable[[], Installer], *, upgrade: bool, folders_only: bool
) -> InstallPlan:
    """Return what installing would change: folder extensions are copied into `holder`, the rest is the installer's.

    Raises `InstallerFailed`, and `ConfigurationError` for a folder that cannot be copied or is there already.
    """
    found = {requirement: extension_folder(requirement) for requirement in dict.fromkeys(requirements)}
    packages = [requirement for requirement, folder in found.items() if folder is None]
    if folders_only and packages:
        raise ConfigurationError(
            f"{packages[0]} is no folder with an {MANIFEST_FILE}, and --user is for those alone",
            hint="leave out --user: a package is installed into the environment, for all workspaces",
        )
    planned = [_folder_change(folder, holder, upgrade=upgrade) for folder in found.values() if folder is not None]
    folders = tuple(change for change in planned if change is not None)
    _refuse_twins(folders)
    plan = plan_packages(packages, find(), upgrade=upgrade) if packages else InstallPlan()
    return replace(plan, folders=folders)


def plan_packages(requirements: Sequence[str], installer: Installer, *, upgrade: bool = False) -> InstallPlan:
    """Return what installing some distributions would change; raises `InstallerFailed`."""
    changes = tuple(installer.changes(requirements, upgrade=upgrade))
    ours = own_distributions()
    own = tuple(one for one in changes if one.distribution in ours and one.before and one.before != one.after)
    names = tuple(dict.fromkeys(filter(None, map(requested_name, requirements))))
    return InstallPlan(tuple(requirements), names, changes, own, is_upgrade=upgrade)


def install(plan: InstallPlan, find: Callable[[], Installer], say: Say) -> None:
    """Carry a plan out, packages first; raises `InstallerFailed` or another `ExtensionError`."""
    if plan.changes:
        find().install(plan.requirements, upgrade=plan.is_upgrade, say=say)
    for folder in plan.folders:
        place_folder(folder.source, folder.target)


def brought(plan: InstallPlan, registry: Registry) -> Installed:
    """Return what a plan that was carried out has brought, as a fresh discovery sees it."""
    names = {*plan.requested, *(change.distribution for change in plan.changes)}
    targets = {folder.target.resolve() for folder in plan.folders}
    owned = [(canonicalize_name(one.origin.distribution or ""), one) for one in registry.records]
    records = tuple(one for name, one in owned if name in names or (one.location and one.location.resolve() in targets))
    owners = {name for name, _ in owned}
    lacking = tuple(name for name in plan.requested if name not in owners)
    if not records and not lacking:
        lacking = tuple(change.distribution for change in plan.changes)
    return Installed(records, lacking)


def _folder_change(source: Path, holder: Path, *, upgrade: bool) -> FolderChange | None:
    """Return what copying one folder changes; None when the same is there already."""
    table = read_manifest(source / MANIFEST_FILE).extension
    target = holder / table.name
    if holder.resolve().is_relative_to(source.resolve()):
        why = f"{target} would be inside of {source}, which is to be copied there"
        raise ConfigurationError(why, hint="choose another --workspace, or --user")
    check_copyable(source)
    if not os.path.lexists(target):
        return FolderChange(table.name, table.version, source, target)
    if not upgrade:
        raise ConfigurationError(f"{target} exists already", hint="add --upgrade to replace it")
    if target.is_dir() and folder_digest(source) == folder_digest(target):
        return None
    return FolderChange(table.name, table.version, source, target, _version_in(target))


def _refuse_twins(folders: Sequence[FolderChange]) -> None:
    by_target: dict[Path, Path] = {}
    for folder in folders:
        other = by_target.setdefault(folder.target, folder.source)
        if other != folder.source:
            why = f"{other} and {folder.source} are both the extension {folder.name}"
            raise ConfigurationError(why, hint="name one of them")


def _version_in(folder: Path) -> str:
    try:
        return read_manifest(folder / MANIFEST_FILE).extension.version
    except ConfigurationError:
        return "what is there"
