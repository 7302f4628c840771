"""A program run as a child process: its output read as it comes, its end waited for, the whole family killed in time.

The child leads a session and process group of its own, so that a Ctrl-C meant for us does not reach it and one signal
reaches everything that it started. It is reaped only after its group was killed: until then its number cannot become
somebody else's. A grandchild that inherits the output and outlives the child does not hold anybody up.
"""

import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from provisioning.contract import OperationContext
from provisioning.errors import OperationFailed
from provisioning_kinds.capture import Capture

__all__ = ["Child", "Program"]

LOOK_EVERY = 0.1
"""How long the wish to stop, or the end of a child with a heir to its output, may go unseen, in seconds."""

CHUNK = 65536

MOST_LEFT = 64
"""How often to read what an ended child has left; an heir may go on writing for ever."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: the command as a list, the directory, what the environment has more, and where streams go.

    `stdin` is text or an open file, `stdout` an open file; None for `stdout` is a pipe that the child's owner reads.
    """

    command: Sequence[str]
    directory: str
    environment: Mapping[str, str]
    stdin: str | IO[bytes] | None = None
    stdout: IO[bytes] | None = None

    @property
    def name(self) -> str:
        """The program alone; arguments may hold secrets."""
        return self.command[0]


class Child:
    """A running program; a context manager that leaves nothing of it behind when it is left early.

    `streams` takes the output of `stderr`, and of `stdout` where no file does. `grace` is how
    long the family may take to end when it is asked to, in seconds, before it is killed.
    """

    def __init__(
        self, program: Program, streams: Mapping[str, Capture], context: OperationContext, grace: float
    ) -> None:
        self._streams = streams
        self._context = context
        self._grace = grace
        self._process = _start(program, context)
        self._selector = selectors.DefaultSelector()
        for name, capture in streams.items():
            self._selector.register(getattr(self._process, name), selectors.EVENT_READ, capture)
        self._end = _end_of(self._process.pid)
        if self._end is not None:
            self._selector.register(self._end, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._kill()
        self._selector.close()
        if self._end is not None:
            os.close(self._end)
        for name, capture in self._streams.items():
            getattr(self._process, name).close()
            capture.close()

    def wait(self) -> int:
        """Return the exit status when the program has ended, below zero for a signal.

        Raises `RunInterrupted` or `OperationTimedOut` when the context says stop first.
        """
        while not self._has_ended:
            self._context.check()
            self._read(self._patience)
        for _ in range(MOST_LEFT):
            if not self._read(0):
                break
        return self._process.wait()

    @property
    def _patience(self) -> float:
        """How long to wait for news; a silent child whose end does not wake us is looked at more often."""
        most = LOOK_EVERY if self._selector.get_map() else LOOK_EVERY / 10
        remaining = self._context.remaining
        return most if remaining is None else min(most, remaining)

    @property
    def _has_ended(self) -> bool:
        """Whether the child itself has ended; it is not reaped by this."""
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def _read(self, seconds: float) -> bool:
        """Take what comes within some seconds; return whether anything came."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            data = os.read(key.fd, CHUNK) if key.data is not None else b""
            if data:
                key.data.feed(data)
            else:
                self._selector.unregister(key.fileobj)
        return bool(ready)

    def _kill(self) -> None:
        """Ask the family to end, wait as long as is fair, kill it."""
        self._signal(signal.SIGTERM)
        last = self._context.clock() + self._grace
        while self._context.clock() < last and not (self._has_ended and not self._selector.get_map()):
            self._read(min(LOOK_EVERY / 10, self._grace))
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _end_of(pid: int) -> int | None:
    """Return a descriptor that is readable once a child has ended, where the system has such a thing."""
    try:
        return os.pidfd_open(pid) if sys.platform == "linux" else None
    except OSError:
        return None


def _start(program: Program, context: OperationContext) -> subprocess.Popen[bytes]:
    """Start a program; everything that the system can say against it becomes `OperationFailed` here."""
    operation_id = context.operation_id
    trace = {} if context.traceparent is None else {"TRACEPARENT": context.traceparent}
    if not Path(program.directory).is_dir():
        raise OperationFailed(
            f"operation {operation_id} cannot run {program.name}: there is no directory {program.directory}",
            hint="make it first, or correct `cwd`",
        )
    try:
        with _as_file(program.stdin) as stdin:
            return subprocess.Popen(
                list(program.command),
                cwd=program.directory,
                env={**os.environ, **trace, **program.environment},
                stdin=stdin,
                stdout=subprocess.PIPE if program.stdout is None else program.stdout,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
    except FileNotFoundError as error:
        raise OperationFailed(
            f"operation {operation_id} cannot run {program.name}: there is no such program",
            hint="install it or give its full path; a script needs the interpreter that its first line names, too",
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise OperationFailed(
            f"operation {operation_id} cannot run {program.name}: {reason}",
            hint="see that it is an executable program, or a script whose first line names its interpreter",
        ) from error


def _as_file(given: str | IO[bytes] | None) -> AbstractContextManager[IO[bytes]]:
    """Return what a child reads as its standard input: a file, nameless for a text, so that no pipe can fill up."""
    if not isinstance(given, str | None):
        return nullcontext(given)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - who asked closes it
    file.write((given or "").encode())
    file.seek(0)
    return file
