"""pip, as it is told what to do: its command lines, and the report of its dry run."""

import json
from collections.abc import Sequence

from packaging.utils import canonicalize_name

from provisioning.errors import InstallerFailed
from provisioning.extensions.change import Change
from provisioning.extensions.distributions import installed_versions
from provisioning.extensions.tool import Tool

__all__ = ["Pip"]

_MANNERS = ("--no-input", "--no-color", "--disable-pip-version-check")


class Pip:
    """pip 22.2 or newer, which reports what it would do."""

    def changes(self, tool: Tool, requirements: Sequence[str], *, upgrade: bool) -> Sequence[Change]:
        """Return what installing would change; raises `InstallerFailed`."""
        said, _ = tool.ask(*_install("--quiet", "--dry-run", "--report", "-", upgrade=upgrade), "--", *requirements)
        before = installed_versions()
        try:
            found = [(item["metadata"]["name"], item["metadata"]["version"]) for item in json.loads(said)["install"]]
        except (ValueError, KeyError, TypeError) as error:
            why = "pip answered with no report of what it would do"
            raise InstallerFailed(why, extension="pip", hint="pip 22.2 or newer has one") from error
        names = {canonicalize_name(name): version for name, version in found}
        return [Change(name, before.get(name), version) for name, version in sorted(names.items())]

    def install(self, requirements: Sequence[str], *, upgrade: bool) -> Sequence[str]:
        """Return the arguments that install."""
        return (*_install(upgrade=upgrade), "--", *requirements)

    def uninstall(self, distribution: str) -> Sequence[str]:
        """Return the arguments that uninstall."""
        return ("uninstall", *_MANNERS, "--yes", "--", distribution)


def _install(*options: str, upgrade: bool) -> Sequence[str]:
    return ("install", *_MANNERS, *options, *(["--upgrade"] if upgrade else []))
