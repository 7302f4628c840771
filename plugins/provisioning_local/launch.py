"""The start of a supervisor: a process that its starter neither waits for nor has to reap."""

import io
import os
import select
import subprocess
import sys
from pathlib import Path

from provisioning.errors import ServiceInternalError
from provisioning_local.home import Home

__all__ = ["launch_supervisor"]

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_ALLOWED = frozenset({"PATH", "HOME", "LANG", "TMPDIR"})
_LOG_TAIL = 4096


def launch_supervisor(home: Home, provider: str, timeout: float) -> None:
    """Start the supervisor of a pending server; return when the record tells how that went, or after `timeout` seconds.

    A supervisor that is late goes on by itself. Raises `ServiceInternalError` when there is none.
    """
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as ready:  # noqa: PTH123 - a descriptor
        try:
            process = _spawn(home, writing)
        finally:
            os.close(writing)
        try:
            answer = _read_answer(ready, timeout)
        finally:
            process.kill()  # the supervisor itself has left this process long ago, or has not begun
            process.wait()
    if answer == b"":
        raise ServiceInternalError(
            f"provider {provider} could not start server {home.id}: {_last_words(home)}",
            provider=provider,
            hint=f"the server's log is {home.log}",
        )


def _read_answer(ready: io.FileIO, timeout: float) -> bytes | None:
    poll = select.poll()  # and not select(), which fails in a program with more than a thousand open files
    poll.register(ready, select.POLLIN)
    return ready.read(1) if poll.poll(max(0.0, timeout) * 1000) else None


def _spawn(home: Home, ready: int) -> subprocess.Popen[bytes]:
    """Start the process; it has no pipe of ours but `ready`, so nobody who waits for our end waits for the server's."""
    log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SUPERVISOR), str(home.path), str(ready)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.path,
            env=_allowed_environment(),
            pass_fds=(ready,),
            start_new_session=True,
        )
    finally:
        os.close(log)


def _allowed_environment() -> dict[str, str]:
    """Return what a server may know of ours: enough to run programs, and no secret."""
    return {name: value for name, value in os.environ.items() if name in _ALLOWED or name.startswith("LC_")}


def _last_words(home: Home) -> str:
    try:
        lines = home.log.read_bytes()[-_LOG_TAIL:].decode("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "its supervisor ended without a word"
