"""Extensions uninstalled, without importing any: what would go is found out first, and is a value that can be shown."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from provisioning.errors import ExtensionNotRemovable
from provisioning.extensions import OURS, ExtensionRecord, Installer, OriginKind, Registry, Say, remove_folder

__all__ = ["Removal", "plan_uninstall", "uninstall"]


@dataclass(frozen=True, slots=True)
class Removal:
    """What uninstalling one extension takes away: a `distribution`, or a `folder`.

    `also` are the names of the other extensions of that distribution, `needed_by` of those that stay and need one of
    them, and `remaining` are the other places that an extension of the same name is in.
    """

    name: str
    version: str | None
    distribution: str | None = None
    folder: Path | None = None
    also: tuple[str, ...] = ()
    needed_by: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.folder is not None:
            return f"remove {self.folder}"
        return f"uninstall {self.distribution} {self.version or ''}".rstrip()

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "version": self.version,
            "distribution": self.distribution,
            "folder": None if self.folder is None else str(self.folder),
            "also": list(self.also),
            "needed_by": list(self.needed_by),
            "remaining": list(self.remaining),
        }


def plan_uninstall(
    registry: Registry, name: str, origin: str | None = None, *, holders: Collection[Path] = ()
) -> Removal:
    """Return what uninstalling an extension takes away; of several of one name, `origin` says which is meant.

    `holders` are the folders in which extensions are looked for. Raises `ExtensionNotFound`, and
    `ExtensionNotRemovable` with what to do instead.
    """
    named = registry.named(name)
    meant = [record for record in named if origin is None or record.origin.is_meant_by(origin)]
    if not meant:
        places = " and ".join(str(record.origin) for record in named)
        raise _kept(named[0], f"is not in {origin}, but in {places}", "name one of those with --origin")
    record = _chosen(meant, holders)
    gone = [record, *(other for other in registry.records if other is not record and _is_beside(other, record))]
    names = {one.name for one in gone}
    rest = [other for other in registry.records if other not in gone]
    return Removal(
        record.name,
        record.version if record.origin.kind.is_folder else record.origin.distribution_version,
        distribution=record.origin.distribution,
        folder=record.origin.folder,
        also=tuple(one.name for one in gone[1:]),
        needed_by=tuple(other.name for other in rest if other.is_ready and names & _needs(other)),
        remaining=tuple(str(other.origin) for other in rest if other.name == record.name),
    )


def uninstall(removal: Removal, find: Callable[[], Installer], say: Say) -> None:
    """Take an extension away; raises `InstallerFailed` or another `ExtensionError`."""
    if removal.folder is not None:
        remove_folder(removal.folder)
    elif removal.distribution is not None:
        find().uninstall(removal.distribution, say=say)


def _chosen(meant: Sequence[ExtensionRecord], holders: Collection[Path]) -> ExtensionRecord:
    """Return the one that can be removed; raise for none, or for several."""
    reasons = [(record, _reason_to_keep(record, holders)) for record in meant]
    removable = [record for record, reason in reasons if reason is None]
    if len(removable) > 1:
        places = " and ".join(str(record.origin) for record in removable)
        hint = "say which is meant with --origin: package, folder_project, folder_user, a distribution or a path"
        raise _kept(removable[0], f"is in {places}", hint)
    for record, reason in reasons:
        if reason is None:
            return record
    raise _kept(meant[0], *(reasons[0][1] or ("", "")))


def _reason_to_keep(record: ExtensionRecord, holders: Collection[Path]) -> tuple[str, str] | None:
    """Say why an extension is not ours to take away, and what to do; None when it is."""
    origin = record.origin
    if origin.is_bundled:
        return f"is a part of {OURS} itself, and can only be disabled", f"provisioning extension disable {record.name}"
    if origin.kind is OriginKind.FOLDER_EXPLICIT:
        why = f"is a folder that was only pointed at: {origin.folder}"
        return why, "take the folder out of extensions.paths or --extension-path, or delete it yourself"
    if origin.folder in holders:
        return f"is the folder {origin.folder} itself, in which extensions are looked for", "delete it yourself"
    return None


def _kept(record: ExtensionRecord, why: str, hint: str) -> ExtensionNotRemovable:
    return ExtensionNotRemovable(f"extension {record.name} {why}", extension=record.name, hint=hint)


def _is_beside(other: ExtensionRecord, record: ExtensionRecord) -> bool:
    """Whether two extensions are of one distribution."""
    ours, theirs = record.origin.distribution, other.origin.distribution
    return ours is not None and theirs is not None and canonicalize_name(ours) == canonicalize_name(theirs)


def _needs(record: ExtensionRecord) -> set[str]:
    return {Requirement(written).name for written in record.manifest.compatibility.requires}
