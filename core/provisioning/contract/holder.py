"""The holder of a lease: one driver in one process, named so that anybody on its machine can tell whether it lives.

A pid alone tells nothing: it is used again, and means different processes in different boots and containers. So the
name is `host/boot/pid/start/nonce`: `boot` is the boot's id with the pid namespace, `start` the process's start in
ticks since that boot, `nonce` a random word that keeps two drivers of one process apart. Where the system does not
tell one of these (no /proc), it is `-`, and what cannot be known counts as alive: its lease ends by time.
"""

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

__all__ = ["describe_holder", "is_dead", "this_holder"]

_UNKNOWN = "-"
_PROC = Path("/proc")


def _nonce() -> str:
    return secrets.token_hex(4)


def this_holder(nonce: Callable[[], str] = _nonce) -> str:
    """Return a name for a driver in this process; a new one for each call."""
    pid = os.getpid()
    return "/".join((_host(), _boot(), str(pid), _start(pid) or _UNKNOWN, nonce()))


def is_dead(holder: str) -> bool:
    """Whether the holder's process has certainly ended; False when that cannot be told from here."""
    parts = holder.split("/")
    if len(parts) != 5 or parts[0] != _host() or not parts[2].isdecimal():
        return False
    _, boot, pid, start, _ = parts
    if boot != _boot():
        return _is_other_boot(boot)
    return not _is_alive(int(pid), start)


def describe_holder(holder: str) -> str:
    """Name the holder in words: `process 4711 on build-1`."""
    parts = holder.split("/")
    return f"process {parts[2]} on {parts[0]}" if len(parts) == 5 else holder


def _host() -> str:
    return socket.gethostname().replace("/", "_") or "localhost"


def _boot() -> str:
    """Return the boot's id and the pid namespace, between which pids cannot be compared."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = (_PROC / "self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return _UNKNOWN
    return f"{boot}.{namespace}"


def _is_other_boot(boot: str) -> bool:
    """Whether the machine was started anew since: then every process of that boot has ended.

    Another pid namespace of the same boot is another container, whose processes cannot be seen from here.
    """
    ours = _boot()
    return _UNKNOWN not in (boot, ours) and boot.partition(".")[0] != ours.partition(".")[0]


def _is_alive(pid: int, start: str) -> bool:
    """Whether the process that had this pid and this start may still run."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    now = _start(pid)
    if now is None or start == _UNKNOWN:
        return True
    return now == start


def _start(pid: int) -> str | None:
    """Return the process's start; None when it cannot be read, the empty string for one that only waits to be reaped.

    The line of /proc/PID/stat is `pid (name) state ...`, and the name may hold anything, brackets too. A process
    whose first thread has ended is gone only when no other thread is left.
    """
    try:
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        is_zombie = fields[0] in "ZX" and len(list((_PROC / str(pid) / "task").iterdir())) <= 1
    except (OSError, IndexError):
        return None
    return "" if is_zombie else fields[19]
