"""A process, told from every other one by its number *and* the time of its start, because numbers come back."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

__all__ = ["Process", "identify", "marked_processes", "send_signal"]

_PROC = Path("/proc")
_LINUX = sys.platform == "linux"


class Process(NamedTuple):
    """One process; `started` is opaque, and equal only for the same process."""

    pid: int
    started: str


def identify(pid: int) -> Process | None:
    """Return the process that has this number now, or None; one that has ended and is not yet reaped is gone."""
    started = _started_linux(pid) if _LINUX else _started_elsewhere(pid)
    return None if started is None else Process(pid, started)


def _started_linux(pid: int) -> str | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = text[text.rindex(")") + 2 :].split()  # the name before may hold blanks and brackets
    return None if state in "ZX" else f"{fields[18]}@{boot}"


def _started_elsewhere(pid: int) -> str | None:
    command = ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C"})
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else " ".join(started.split())


def send_signal(process: Process, number: signal.Signals, *, group: bool = False) -> bool:
    """Signal a process, or the group that it leads, if it is still that process; return whether it was."""
    try:
        if sys.platform != "linux" or group:
            return _send_by_number(process, number, group=group)
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if identify(process.pid) != process:
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as somebody else by now
        return True
    finally:
        os.close(descriptor)
    return True


def _send_by_number(process: Process, number: signal.Signals, *, group: bool) -> bool:
    if identify(process.pid) != process:
        return False
    try:
        (os.killpg if group else os.kill)(process.pid, number)
    except PermissionError:  # it runs as somebody else by now
        return True
    return True


def marked_processes(*marks: str) -> list[Process]:
    """Return the processes that carry all of these `NAME=value` in their environment.

    It finds what a server's command has left behind in groups of their own. Only Linux shows environments; elsewhere
    nothing is found.
    """
    wanted = {os.fsencode(mark) for mark in marks}
    found = (_with_marks(int(entry.name), wanted) for entry in _process_directories())
    return [process for process in found if process is not None]


def _process_directories() -> list[Path]:
    if not _LINUX:
        return []
    return [entry for entry in _PROC.iterdir() if entry.name.isdigit()]


def _with_marks(pid: int, wanted: set[bytes]) -> Process | None:
    try:
        environment = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:  # ended meanwhile, or another user's
        return None
    return identify(pid) if wanted <= set(environment.split(b"\0")) else None
