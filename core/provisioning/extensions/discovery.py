"""Every extension that is there, as a record: nothing is raised, nothing forgotten, nothing imported."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.version import InvalidVersion, Version

from provisioning.dispatch import Phase
from provisioning.errors import ConfigurationError
from provisioning.extensions.index import ManifestIndex
from provisioning.extensions.manifest import Manifest
from provisioning.extensions.origin import Origin, OriginKind
from provisioning.extensions.packages import GROUP, InstalledPackage, installed_packages
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.reading import MANIFEST_FILE, leads_out, read_manifest
from provisioning.extensions.record import ExtensionRecord

__all__ = ["discover_folders", "discover_packages"]

_REINSTALL = "install the package again, or ask its author: extension.toml belongs into it"


def discover_packages(
    search_path: Sequence[str] | None = None, index: ManifestIndex | None = None
) -> Iterator[ExtensionRecord]:
    """Yield a record for each installed package in the entry-point group, in the environment or in `search_path`."""
    for package in installed_packages(search_path):
        yield _package_record(package, index)


def discover_folders(path: Path, kind: OriginKind, index: ManifestIndex | None = None) -> Iterator[ExtensionRecord]:
    """Yield a record for the extension folder `path`, or for each one in it.

    An explicit path in which nothing is found is a record itself, of which the problem says so; the project's and the
    user's folder need not be there.
    """
    try:
        found = list(_candidates(path))
    except (OSError, ValueError) as error:
        if kind is OriginKind.FOLDER_EXPLICIT or not isinstance(error, FileNotFoundError):
            reason = error.strerror if isinstance(error, OSError) else "it is not a path"
            why = f"the folder {path} cannot be read: {reason}"
            yield _refused(path, kind, ProblemCode.MANIFEST_MISSING, why, "check the path")
        return
    for folder in found:
        yield _folder_record(folder, kind, path, index)
    if not found and kind is OriginKind.FOLDER_EXPLICIT:
        why = f"neither {path} nor a folder in it holds an {MANIFEST_FILE}"
        yield _refused(path, kind, ProblemCode.MANIFEST_MISSING, why, "check the path")


def _candidates(path: Path) -> Iterator[Path]:
    if _holds_manifest(path):
        yield path
    else:
        children = sorted(path.iterdir())
        yield from (child for child in children if os.path.isdir(child) and _holds_manifest(child))  # noqa: PTH112


def _holds_manifest(folder: Path) -> bool:
    try:
        os.lstat(folder / MANIFEST_FILE)  # a link to nowhere is a candidate, and said to be one
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _folder_record(folder: Path, kind: OriginKind, root: Path, index: ManifestIndex | None) -> ExtensionRecord:
    record = ExtensionRecord(folder.name, Origin(kind, folder=folder), folder)
    for inner, outer in ((folder, root), (folder / MANIFEST_FILE, folder)):
        if leads_out(inner, outer):
            why = f"{inner} is a link that leads out of {outer}"
            record.refuse(ExtensionProblem(ProblemCode.OUTSIDE_FOLDER, why, "put the files themselves there"))
            return record
    manifest = _read_into(record, index)
    if manifest is not None and record.name != folder.name:
        real = os.path.basename(os.path.realpath(folder))  # noqa: PTH119 - `resolve` raises for a circle of links
        if record.name != real:
            why = f"its folder is called {real} and its manifest says {record.name}"
            record.refuse(ExtensionProblem(ProblemCode.MANIFEST_INVALID, why, "give both the same name"))
    return record


def _package_record(package: InstalledPackage, index: ManifestIndex | None) -> ExtensionRecord:
    record = ExtensionRecord(package.name, package.origin)
    if not all(part.isidentifier() for part in package.package.split(".")):
        why = f"its entry point in {GROUP} is {package.package!r}, which is not an import package"
        record.refuse(ExtensionProblem(ProblemCode.MANIFEST_MISSING, why, "name the package that holds extension.toml"))
        return record
    folders = package.folders()
    if not folders:
        why = f"the import package {package.package} cannot be found"
        record.refuse(ExtensionProblem(ProblemCode.PACKAGE_MISSING, why, _REINSTALL))
        return record
    record.location = next((folder for folder in folders if _holds_manifest(folder)), None)
    if record.location is None:
        why = f"there is no {MANIFEST_FILE} in the import package {package.package} ({folders[0]})"
        record.refuse(ExtensionProblem(ProblemCode.MANIFEST_MISSING, why, _REINSTALL))
        return record
    manifest = _read_into(record, index)
    if manifest is not None:
        _compare_versions(record, manifest)
    return record


def _read_into(record: ExtensionRecord, index: ManifestIndex | None) -> Manifest | None:
    assert record.location is not None  # noqa: S101 - whoever calls has found it
    try:
        with record.times.during(Phase.MANIFEST):
            manifest = read_manifest(record.location / MANIFEST_FILE, index)
    except ConfigurationError as error:
        record.refuse(ExtensionProblem(ProblemCode.MANIFEST_INVALID, error.message, error.hint))
        return None
    record.declared = manifest
    record.name = manifest.extension.name
    return manifest


def _compare_versions(record: ExtensionRecord, manifest: Manifest) -> None:
    written, installed = manifest.extension.version, record.origin.distribution_version or ""
    if not _is_same_version(written, installed):
        why = f"its manifest says version {written}, the installed package is {installed or 'of no version'}"
        record.refuse(ExtensionProblem(ProblemCode.VERSION_MISMATCH, why, "write the package's version into both"))


def _is_same_version(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False


def _refused(path: Path, kind: OriginKind, code: ProblemCode, message: str, hint: str) -> ExtensionRecord:
    record = ExtensionRecord(path.name or str(path), Origin(kind, folder=path), path)
    record.refuse(ExtensionProblem(code, message, hint))
    return record
