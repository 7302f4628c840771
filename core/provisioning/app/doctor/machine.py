"""What is looked at whatever workspace there is: the interpreter, what is installed, the clock, the user's folders."""

import os
import platform
import time
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from provisioning.config import user_cache_folder, user_config_file
from provisioning.contract import CheckResult, HealthCheck

__all__ = ["folder_check", "machine_checks"]

_DISTRIBUTION = "provisioning"
_REINSTALL = "install it again: pip install --upgrade provisioning"
_BEGINNING = 1_735_689_600.0
"""The first second of 2025: no clock that is right shows less."""


def machine_checks() -> Iterator[HealthCheck]:
    """Yield the checks that need no workspace."""
    yield HealthCheck("core.python", "Does this Python fit?", _python)
    yield HealthCheck(
        "core.dependencies", "Is everything installed that is needed, in a version that fits?", _installed
    )
    yield HealthCheck("core.clock", "Is the clock right enough for leases?", _clock)
    yield folder_check("core.user-folder", "Can the user's own settings be read?", user_config_file().parent, os.R_OK)
    wanted = os.R_OK | os.W_OK
    yield folder_check("core.cache-folder", "Can the user's cache be written?", user_cache_folder(), wanted)


def folder_check(id: str, summary: str, folder: Path, wanted: int) -> HealthCheck:  # noqa: A002 - the contract's word
    """Return a check of a folder that need not be there; its fix gives its owner the permissions that are missing."""

    def look() -> CheckResult:
        return _folder(folder, wanted)

    def mend() -> str:
        folder.chmod(folder.stat().st_mode | 0o700)
        return f"gave you the right to read and write {folder}"

    return HealthCheck(id, summary, look, mend)


def _folder(folder: Path, wanted: int) -> CheckResult:
    if not os.path.lexists(folder):
        return CheckResult.ok(f"{folder} is not there, and is made when it is needed")
    if not folder.is_dir():
        return CheckResult.failed(f"{folder} is no folder", "move it away")
    effective = os.access in os.supports_effective_ids
    if not os.access(folder, wanted | os.X_OK, effective_ids=effective):
        what = "written" if wanted & os.W_OK else "read"
        return CheckResult.failed(f"{folder} cannot be {what}", f"give your user the permission: chmod u+rwx {folder}")
    return CheckResult.ok(f"{folder} is as it should be")


def _python() -> CheckResult:
    have, needed = platform.python_version(), _own().metadata["Requires-Python"] or ""
    if SpecifierSet(needed).contains(have, prereleases=True):
        return CheckResult.ok(f"you have Python {have}, and {needed} is needed")
    return CheckResult.failed(f"you have Python {have}, and {needed} is needed", "use an interpreter that fits")


def _installed() -> CheckResult:
    needed = [Requirement(line) for line in _own().requires or ()]
    needed = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    wrong = [words for one in needed if (words := _misfit(one))]
    if wrong:
        return CheckResult.failed("; ".join(wrong), _REINSTALL)
    return CheckResult.ok(f"all {len(needed)} packages are there")


def _misfit(needed: Requirement) -> str | None:
    try:
        have = version(needed.name)
    except PackageNotFoundError:
        return f"{needed.name} is not installed"
    if needed.specifier.contains(have, prereleases=True):
        return None
    return f"you have {needed.name} {have}, and {needed.specifier} is needed"


def _own() -> Distribution:
    return distribution(_DISTRIBUTION)


def _clock() -> CheckResult:
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < _BEGINNING:
        return CheckResult.failed(f"the clock shows {shown}, which is long ago", "set the clock")
    return CheckResult.ok(f"the clock shows {shown}")
