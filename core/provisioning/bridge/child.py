"""A program's process: started as a list of words in a session of its own, and ended with everything it started.

It is reaped only after its group has been signalled for the last time: until then its number cannot become somebody
else's.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO, Self

from provisioning.bridge.fault import Fault
from provisioning.bridge.program import Program
from provisioning.bridge.surroundings import arguments, environment, state_directory

__all__ = ["CHUNK", "GRACE", "LAST_GRACE", "LOOK_EVERY", "Child"]

CHUNK = 65536
GRACE = 2.0
"""How long a program may take to end when it is asked to, in seconds."""

LAST_GRACE = 0.5
"""How long one that answered wrongly may take to end by itself, in seconds, so that its exit status is known."""

LOOK_EVERY = 0.1
"""How long a wish to stop may go unseen by somebody who waits, in seconds."""

_PAUSE = 0.01


class Child:
    """A running program, with pipes for what it writes; a context manager that leaves no process behind.

    `stdin` is what it reads; with None it is a pipe. `traceparent` is the trace context of the one request that it
    serves. Raises `Fault` when it cannot be started.
    """

    def __init__(
        self,
        program: Program,
        stdin: IO[bytes] | None = None,
        grace: float = GRACE,
        *,
        traceparent: str | None = None,
    ) -> None:
        self._grace = grace
        self._process = _start(program, stdin, traceparent)
        assert self._process.stdout is not None  # noqa: S101 - they are pipes
        assert self._process.stderr is not None  # noqa: S101
        self.stdout = self._process.stdout.fileno()
        self.stderr = self._process.stderr.fileno()
        self.end = _end_of(self._process.pid)
        if self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def has_ended(self) -> bool:
        """Whether the process itself has ended; it is not reaped by this."""
        if self._process.returncode is not None:
            return True
        if not hasattr(os, "waitid"):
            return self._process.poll() is not None
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def write(self, data: memoryview) -> int | None:
        """Write what the program's standard input takes now, and return how much; None when it takes nothing.

        Raises `BrokenPipeError` when nobody reads it any more.
        """
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            raise BrokenPipeError
        return pipe.write(data)

    def wait_writable(self, seconds: float) -> None:
        """Wait at most some seconds until the program's standard input takes more."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            with selectors.DefaultSelector() as selector:
                selector.register(pipe, selectors.EVENT_WRITE)
                selector.select(seconds)

    def finish(self) -> None:
        """End the program's standard input, which tells it to end."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def reap(self) -> int:
        """Return the exit status, below zero for a signal, once the program has ended."""
        return self._process.wait()

    def kill(self) -> int:
        """Ask the whole group to end, wait as long as is fair, kill what is left of it, and return the exit status."""
        if self._process.returncode is None:
            self._signal(signal.SIGTERM)
            self.wait(self._grace)
            self._signal(signal.SIGKILL)
        return self._process.wait()

    def wait(self, seconds: float) -> bool:
        """Wait for the program's end at most some seconds, and return whether it came."""
        if self.end is not None:
            with selectors.DefaultSelector() as selector:
                selector.register(self.end, selectors.EVENT_READ)
                selector.select(seconds)
        else:
            last = time.monotonic() + seconds
            while not self.has_ended and time.monotonic() < last:
                time.sleep(_PAUSE)
        return self.has_ended

    def close(self) -> None:
        """Kill what still runs and close the pipes; may be called again."""
        self.kill()
        self.finish()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        if self.end is not None:
            os.close(self.end)
            self.end = None

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _start(program: Program, stdin: IO[bytes] | None, traceparent: str | None) -> subprocess.Popen[bytes]:
    """Start a program; whatever the system has against it becomes a `Fault` here."""
    try:
        state_directory(program.extension).mkdir(parents=True, exist_ok=True, mode=0o700)
        return subprocess.Popen(
            arguments(program),
            bufsize=0,
            cwd=program.folder,
            env=environment(program, traceparent=traceparent),
            stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Fault(f"could not be started: {reason}") from error


def _end_of(pid: int) -> int | None:
    """Return a descriptor that is readable once a process has ended, where the system has such a thing."""
    try:
        return os.pidfd_open(pid) if sys.platform == "linux" else None
    except OSError:
        return None
