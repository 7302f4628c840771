"""What a program sees of this machine: a few variables, a state directory of its own, and a sandbox where it asks."""

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_state_path

from provisioning.bridge.presence import SANDBOX, find_program
from provisioning.bridge.program import Program

__all__ = ["arguments", "environment", "state_directory"]

ALLOWED = ("PATH", "HOME", "LANG", "TMPDIR", "TZ")
"""The variables that every program sees, and those whose name begins with `LC_`."""


def environment(
    program: Program, environ: Mapping[str, str] = os.environ, *, traceparent: str | None = None
) -> dict[str, str]:
    """Return the variables of a program: the allow-list and what its manifest names, and no secret of anybody else.

    `TRACEPARENT` is there for a process that serves one request of a run.
    """
    allowed = {*ALLOWED, *program.environment}
    seen = {name: value for name, value in environ.items() if name in allowed or name.startswith("LC_")}
    if program.is_sandboxed:
        seen["TMPDIR"] = str(state_directory(program.extension))
    if traceparent is not None:
        seen["TRACEPARENT"] = traceparent
    return seen


def state_directory(extension: str) -> Path:
    """Return where a program may keep files; it is made when the program is first run."""
    return user_state_path("provisioning", appauthor=False) / "extensions" / extension


def arguments(program: Program) -> list[str]:
    """Return the command as it is run; a program that is not there any more is left for the system to miss."""
    first, *rest = program.command
    command = [find_program(first, program.folder) or first, *rest]
    return [*_sandbox(program), *command] if program.is_sandboxed else command


def _sandbox(program: Program) -> list[str]:
    """Return the words of bubblewrap: everything can be read, its state directory alone written, nobody else seen."""
    state = str(state_directory(program.extension))
    return [
        find_program(SANDBOX, Path()) or SANDBOX,
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", state, state),
        *("--unshare-all", "--die-with-parent", "--chdir", str(program.folder)),
        *(["--share-net"] if program.has_network else []),
        "--",
    ]
