"""Whether a program can be run here: looked up, never run."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

__all__ = ["SANDBOX", "find_program", "sandbox_problem"]

SANDBOX = "bwrap"
"""The program that makes a sandbox: bubblewrap."""


def find_program(name: str, folder: Path, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the path of a program; None when there is none that could be run.

    A name with a slash in it is a file of the extension, below `folder`, unless it is absolute; any other is looked for
    in `PATH`.
    """
    if "/" not in name:
        return shutil.which(name, path=environ.get("PATH", os.defpath))
    path = (folder / name).absolute()
    if not Path(name).is_absolute() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return None
    return str(path) if path.is_file() and os.access(path, os.X_OK) else None


def sandbox_problem(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return what is missing for a sandbox in one sentence; None when one can be had."""
    if find_program(SANDBOX, Path(), environ) is None:
        return f"it asks for a sandbox, and there is no {SANDBOX} (bubblewrap) here"
    return None
