"""uv, as it is told what to do: its command lines, and the lines of its dry run."""

import re
import sys
from collections.abc import Sequence

from packaging.utils import canonicalize_name

from provisioning.extensions.change import Change
from provisioning.extensions.distributions import installed_versions
from provisioning.extensions.tool import Tool

__all__ = ["Uv"]

_LINE = re.compile(r" (?P<sign>[-+~]) (?P<name>[\w.-]+)(?:==(?P<version>\S+)| @ (?P<url>\S+))")
_WHEEL = re.compile(r"/[\w.]+-(?P<version>[\w.!+]+?)(-\d\w*)?-[\w.]+-[\w.]+-[\w.]+\.whl")


class Uv:
    """uv, which says in words what it would do."""

    def changes(self, tool: Tool, requirements: Sequence[str], *, upgrade: bool) -> Sequence[Change]:
        """Return what installing would change; raises `InstallerFailed`."""
        _, said = tool.ask(*_pip("install", "--dry-run", *_upgrade(upgrade=upgrade)), "--", *requirements)
        before = installed_versions()
        after: dict[str, str | None] = {}
        for found in filter(None, map(_LINE.match, said.splitlines())):
            name = canonicalize_name(found["name"])
            if found["sign"] == "-":
                after.setdefault(name, None)
            else:
                after[name] = found["version"] or _version_in(tool.clean(found["url"]))
        return [Change(name, before.get(name), version) for name, version in sorted(after.items())]

    def install(self, requirements: Sequence[str], *, upgrade: bool) -> Sequence[str]:
        """Return the arguments that install."""
        return (*_pip("install", *_upgrade(upgrade=upgrade)), "--", *requirements)

    def uninstall(self, distribution: str) -> Sequence[str]:
        """Return the arguments that uninstall."""
        return (*_pip("uninstall"), "--", distribution)


def _pip(verb: str, *options: str) -> Sequence[str]:
    return ("pip", verb, "--python", sys.executable, "--color", "never", "--no-progress", *options)


def _upgrade(*, upgrade: bool) -> Sequence[str]:
    return ("--upgrade",) if upgrade else ()


def _version_in(url: str) -> str:
    """Return the version that the name of a wheel says, or else the URL itself."""
    found = _WHEEL.search(url)
    return found["version"] if found else url
