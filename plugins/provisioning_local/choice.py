"""The driver of an instance whose configuration leaves it open: decided at its first use, and kept ever after.

It is kept because whoever resumes or rolls back a run must look for its servers where they were made, also when a
Docker engine has come or gone meanwhile.
"""

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from provisioning.errors import ServiceInternalError
from provisioning_local.disk import translated
from provisioning_local.settings import AUTO, DOCKER, PROCESS, Settings

__all__ = ["chosen_driver"]


def chosen_driver(settings: Settings, provider: str, workspace: str) -> str:
    """Return `docker` or `process`: what the settings say, or what was there when `auto` was first used."""
    if settings.driver != AUTO:
        return settings.driver
    note = settings.root(provider, workspace) / "driver"
    with translated(provider, note.parent):
        if not note.exists():
            _write_first(note, DOCKER if _has_docker(settings) else PROCESS)
        choice = note.read_text(encoding="ascii", errors="replace")
    if choice not in (DOCKER, PROCESS):
        raise ServiceInternalError(
            f"provider {provider} cannot tell its driver: {note} says {choice!r}",
            provider=provider,
            retryable=False,
            hint="set `driver` of this provider, or remove the file",
        )
    return choice


def _has_docker(settings: Settings) -> bool:
    return Path(settings.docker_socket).is_socket() and find_spec("docker") is not None


def _write_first(note: Path, choice: str) -> None:
    """Write the note whole, unless somebody else was faster."""
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=note.parent, prefix=".driver-", encoding="ascii") as draft:
        draft.write(choice)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            note.hardlink_to(draft.name)
        except FileExistsError:
            return
