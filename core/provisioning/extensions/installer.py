"""The installer of this environment: pip, or uv where the environment is uv's."""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from provisioning.errors import InstallerFailed
from provisioning.extensions.change import Change
from provisioning.extensions.distributions import place_of
from provisioning.extensions.pip import Pip
from provisioning.extensions.tool import Say, Tool
from provisioning.extensions.uv import Uv

__all__ = ["Installer", "find_installer"]

_UV_CONFIG = "pyvenv.cfg"


class _Commands(Protocol):
    """How one tool is told what to do: the arguments of its command line, and what its dry run says."""

    def changes(self, tool: Tool, requirements: Sequence[str], *, upgrade: bool) -> Sequence[Change]: ...

    def install(self, requirements: Sequence[str], *, upgrade: bool) -> Sequence[str]: ...

    def uninstall(self, distribution: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Installer:
    """Installs into the environment of the running interpreter, and takes out of it."""

    tool: Tool
    commands: _Commands

    def changes(self, requirements: Sequence[str], *, upgrade: bool = False) -> Sequence[Change]:
        """Return what installing would change, found out by the tool's own dry run; raises `InstallerFailed`."""
        return self.commands.changes(self.tool, requirements, upgrade=upgrade)

    def install(self, requirements: Sequence[str], *, upgrade: bool = False, say: Say) -> None:
        """Install; `say` takes each line that the tool writes. Raises `InstallerFailed`."""
        self.tool.run(self.commands.install(requirements, upgrade=upgrade), say)

    def uninstall(self, distribution: str, *, say: Say) -> None:
        """Uninstall one distribution; raises `InstallerFailed`, also where the tool left it in its place."""
        place = place_of(distribution)
        if place is None:
            raise InstallerFailed(
                f"no distribution of the name {distribution} is installed, as far as can be read",
                extension=distribution,
                hint="what is left of it has to be deleted by hand",
            )
        self.tool.run(self.commands.uninstall(distribution), say)
        if place_of(distribution) == place:
            raise InstallerFailed(
                f"{self.tool.name} left {distribution} where it is: {place} is outside of this environment",
                extension=distribution,
                hint="uninstall it with the Python that this folder belongs to",
            )


def find_installer(redact: Callable[[str], str] = str) -> Installer:
    """Return the installer of the running interpreter's environment; `redact` takes secrets out of what it says.

    uv where the environment was made by it, or has no pip. Raises `InstallerFailed` where there is neither.
    """
    pip = (sys.executable, "-P", "-m", "pip") if find_spec("pip") is not None else None
    uv = _uv() if pip is None or _is_made_by_uv(Path(sys.prefix)) else None
    if uv is not None:
        return Installer(Tool("uv", uv, redact), Uv())
    if pip is not None:
        return Installer(Tool("pip", pip, redact), Pip())
    raise InstallerFailed(
        f"there is neither pip nor uv to install with: {sys.executable} has no pip, and no uv is on the PATH",
        extension=sys.executable,
        hint=f"{sys.executable} -m ensurepip",
    )


def _uv() -> Sequence[str] | None:
    if (found := shutil.which("uv")) is not None:
        return (found,)
    return (sys.executable, "-P", "-m", "uv") if find_spec("uv") is not None else None


def _is_made_by_uv(prefix: Path) -> bool:
    try:
        lines = (prefix / _UV_CONFIG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in lines)
