"""The sign of life of one server: a file that its supervisor keeps locked, with the processes named in it."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from provisioning_local.lock import FileLock, is_locked
from provisioning_local.process import Process

__all__ = ["Life", "read_life", "write_life"]

_SIZE = 512


class Life(NamedTuple):
    """Whether a supervisor lives, and which processes are, or were, the supervisor and the server's command."""

    is_held: bool
    supervisor: Process | None = None
    child: Process | None = None


def read_life(path: Path) -> Life:
    """Look at a sign of life."""
    is_held = is_locked(path)
    try:
        document = json.loads(path.read_bytes() or b"{}")
        return Life(is_held, _process(document.get("supervisor")), _process(document.get("child")))
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return Life(is_held)


def _process(fields: list[int | str] | None) -> Process | None:
    if not fields:
        return None
    pid, started = fields
    return Process(int(pid), str(started))


def write_life(lock: FileLock, *, supervisor: Process | None, child: Process | None = None) -> None:
    """Name the processes in the locked file. In place and of one length: replacing the file would lose the lock."""
    text = json.dumps({"supervisor": supervisor, "child": child})
    os.pwrite(lock.descriptor, text.encode("ascii").ljust(_SIZE), 0)
