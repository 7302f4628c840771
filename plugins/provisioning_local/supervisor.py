"""The supervisor of one server: a small process that starts the server's command, watches it and ends it.

It is the cloud's side of the truth. It is run by path, isolated and without site packages
(`python -I -S supervisor.py DIRECTORY READY_FD`), leaves the process that started it at once, and lives exactly as
long as the server runs. SIGTERM stops the server, SIGUSR1 reboots it.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

if __name__ == "__main__":  # isolated: nothing but the standard library is found until this line
    sys.path.append(str(Path(__file__).parent.parent))

from provisioning_local.boot import bind_port, start_command
from provisioning_local.home import Home
from provisioning_local.life import write_life
from provisioning_local.lock import FileLock, try_lock
from provisioning_local.process import identify
from provisioning_local.record import ERROR, PENDING, REBOOTING, RUNNING, STOPPED, STOPPING, read_record, write_record

__all__ = ["Supervisor", "main"]

_LOCK_ATTEMPTS = 200
_LOCK_PAUSE = 0.005
_LOOK_AFTER_HOME = 5.0


class SignalPipe:
    """Signals as something to wait for: what they ask is then done between two steps, never in the middle of one.

    Handlers are set, never SIG_IGN, because the command would inherit that; and what was inherited is put right.
    """

    def __init__(self) -> None:
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])

    def wait(self, seconds: float) -> set[int]:
        """Wait at most `seconds` for signals and return those that came."""
        ready, _, _ = select.select([self._read], [], [], max(0.0, seconds))
        return set(os.read(self._read, 4096)) if ready else set()


class Caller:
    """Who waits to hear that the record tells how the start went: one byte on the descriptor `ready`, once."""

    def __init__(self, ready: int) -> None:
        self._ready = ready

    def tell_ready(self) -> None:
        """Let the caller go on."""
        ready, self._ready = self._ready, -1
        if ready < 0:
            return
        with contextlib.suppress(BrokenPipeError):  # nobody waits any longer
            os.write(ready, b"1")
        os.close(ready)


class Supervisor:
    """The life of one server between a start and an end; holds the life lock for the whole of it."""

    def __init__(self, home: Home, lock: FileLock, signals: SignalPipe, caller: Caller) -> None:
        self._home = home
        self._lock = lock
        self._signals = signals
        self._caller = caller
        self._record = read_record(home.record)
        self._listener: socket.socket | None = bind_port(self._record["port"])
        self._record["port"] = self._listener.getsockname()[1]
        if self._record["command"] is not None:  # it binds the port itself
            self._listener.close()
            self._listener = None
        self._me = identify(os.getpid())

    def run(self) -> None:
        """Start the command and stay until it has ended for good, with that in the record."""
        write_life(self._lock, supervisor=self._me)
        while child := self._start():
            try:
                write_life(self._lock, supervisor=self._me, child=identify(child.pid))
                self._note_running()
                self._caller.tell_ready()
                wish = self._watch(child)
            finally:
                status = _end_group(child)
            if wish != REBOOTING:
                self._note_end(wish, status)
                return
        self._caller.tell_ready()

    def _start(self) -> "subprocess.Popen[bytes] | None":
        """Start the command; None, and the reason in the record, when it cannot be run."""
        try:
            return start_command(self._home, self._record, self._listener)
        except (OSError, ValueError) as error:
            program = (self._record["command"] or [sys.executable])[0]
            self._record["error"] = f"cannot run {program}: {getattr(error, 'strerror', None) or error}"
            self._write(ERROR)
            return None

    def _watch(self, child: "subprocess.Popen[bytes]") -> str | None:
        """Wait for the child's end; return what was asked for meanwhile: STOPPING, REBOOTING or None."""
        wish: str | None = None
        kill_at: float | None = None
        while not _has_ended(child):
            pause = _LOOK_AFTER_HOME if kill_at is None else kill_at - time.monotonic()
            asked = self._asked(self._signals.wait(pause))
            if asked and (wish is None or asked == STOPPING):
                wish = asked
            if wish and kill_at is None:
                self._try_write(wish)
                _signal_group(child, signal.SIGTERM)
                kill_at = time.monotonic() + self._record["stop_timeout"]
            elif kill_at is not None and time.monotonic() >= kill_at:
                _signal_group(child, signal.SIGKILL)
                kill_at = time.monotonic() + _LOOK_AFTER_HOME
        return wish

    def _asked(self, numbers: set[int]) -> str | None:
        if signal.SIGTERM in numbers or not self._lock.is_current:  # without its directory a server has no owner
            return STOPPING
        return REBOOTING if signal.SIGUSR1 in numbers else None

    def _note_running(self) -> None:
        self._record["boots"] += 1
        self._record["error"] = None
        self._record["exit_status"] = None
        self._write(RUNNING)

    def _note_end(self, wish: str | None, status: int) -> None:
        if wish == STOPPING:
            self._write(STOPPED)
            return
        how = f"was ended by {_signal_name(-status)}" if status < 0 else f"ended with exit status {status}"
        self._record["exit_status"] = status
        self._record["error"] = f"the server's command {how}"
        self._write(ERROR)

    def _write(self, state: str) -> None:
        self._record["state"] = state
        write_record(self._home.record, self._record)

    def _try_write(self, state: str) -> None:
        """Write a state in passing; a full disk must not keep a server from being stopped."""
        try:
            self._write(state)
        except OSError as error:
            _say(f"cannot write {self._home.record}: {error.strerror}")


def _has_ended(child: "subprocess.Popen[bytes]") -> bool:
    """Whether the child has ended; it is not reaped where that can be avoided, so that its number stays its own."""
    if sys.platform == "darwin":
        return child.poll() is not None
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_group(child: "subprocess.Popen[bytes]") -> int:
    """Kill whatever is left of the child's group, reap the child, and return its exit status."""
    _signal_group(child, signal.SIGKILL)
    return child.wait()


def _signal_group(child: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: how macOS speaks of a zombie
        os.killpg(child.pid, number)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _say(text: str) -> None:
    print(f"supervisor: {text}", file=sys.stderr, flush=True)  # noqa: T201 - stderr is the server's log


def _take_lock(home: Home) -> FileLock | None:
    """Take the life lock of a pending server; None when another supervisor was faster.

    More than one attempt: who asks whether the lock is held, holds it for a moment.
    """
    for _ in range(_LOCK_ATTEMPTS):
        lock = try_lock(home.life)
        if read_record(home.record)["state"] != PENDING:
            return None
        if lock is not None:
            return lock
        time.sleep(_LOCK_PAUSE)
    return None


def main(directory: str, ready: int) -> int:
    """Leave the process that waits for this one, supervise the server in `directory`, and return an exit status."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.umask(0o077)
    signals, caller = SignalPipe(), Caller(ready)
    home = Home(Path(directory))

    try:
        lock = _take_lock(home)
        if lock is None:
            caller.tell_ready()
            return 0
        with lock:
            Supervisor(home, lock, signals, caller).run()
    except (OSError, ValueError) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
