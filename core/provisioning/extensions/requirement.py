"""What somebody asks to have installed: the name of its distribution, as far as the words say it."""

import os
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from provisioning.errors import ConfigurationError
from provisioning.extensions.reading import MANIFEST_FILE
from provisioning.source import read_source

__all__ = ["extension_folder", "requested_name"]

_PROJECT_FILE = "pyproject.toml"
_ARCHIVES = (".whl", ".tar.gz", ".zip")


def extension_folder(requirement: str) -> Path | None:
    """Return the folder that is meant, where it is a folder extension; a bare word is the name of a distribution."""
    if os.sep not in requirement and requirement not in (".", ".."):
        return None
    folder = Path(requirement)
    is_one = os.path.lexists(folder / MANIFEST_FILE) and not (folder / _PROJECT_FILE).exists()
    return Path(os.path.abspath(folder)) if is_one else None  # noqa: PTH100 - `absolute` leaves a .. in it


def requested_name(requirement: str) -> str | None:
    """Return the normalised name of the distribution that is asked for; None where only the installer can know it."""
    is_archive = requirement.endswith(_ARCHIVES)
    try:
        found = Requirement(requirement)
    except InvalidRequirement:
        found = None
    if found is not None and (found.url or not is_archive):
        return canonicalize_name(found.name)
    return _archive_name(requirement.rpartition("/")[2]) if is_archive else _project_name(Path(requirement))


def _project_name(folder: Path) -> str | None:
    try:
        return canonicalize_name(str(read_source(folder / _PROJECT_FILE).data["project"]["name"]))
    except (ConfigurationError, KeyError, TypeError):
        return None


def _archive_name(name: str) -> str | None:
    try:
        if name.endswith(".whl"):
            return parse_wheel_filename(name)[0]
        return parse_sdist_filename(name)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
