"""One local server: how it is seen, made, started, stopped, rebooted and removed.

Every change is made under the server's lock, so that two provisioners never change one server at once, and every
change can be cut off at any point: what it leaves is seen as it is and finished by the next call.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL, SIGTERM, SIGUSR1, Signals
from typing import TypeVar

from provisioning.contract import OperationContext
from provisioning.errors import NotFound, ResourceConflict, ServiceInternalError
from provisioning_local.boot import marks
from provisioning_local.home import Home
from provisioning_local.identity import no_server
from provisioning_local.launch import launch_supervisor
from provisioning_local.life import Life, read_life
from provisioning_local.lock import FileLock, try_lock
from provisioning_local.process import Process, identify, marked_processes, send_signal
from provisioning_local.record import PENDING, REBOOTING, RUNNING, STOPPED, Record, write_record
from provisioning_local.request import Request
from provisioning_local.settings import Settings
from provisioning_local.sighting import Sighting, look

__all__ = ["LocalServer"]

T = TypeVar("T")

_MARGIN = 3.0
"""How long after its command's end a supervisor may need for its own, in seconds."""
_KILL_TIMEOUT = 10.0
_SHORTEST_PAUSE = 0.002
_LONGEST_PAUSE = 0.05


def _is_gone(process: Process | None) -> bool:
    return process is None or identify(process.pid) != process


class LocalServer:
    """One server of one provider instance, present or not, during one call."""

    def __init__(self, home: Home, provider: str, settings: Settings, context: OperationContext) -> None:
        self._home = home
        self._provider = provider
        self._settings = settings
        self._context = context

    def see(self) -> Sighting | None:
        """Look at the server, starting it when whoever created it did not get that far; None when there is none."""
        sighting = look(self._home)
        if sighting.is_waiting:
            self._complete()
            sighting = look(self._home)
        return sighting if sighting.is_server else None

    def _complete(self) -> None:
        try:
            lock = try_lock(self._home.lock)
        except FileNotFoundError:  # deleted meanwhile
            return
        if lock is None:  # somebody is at it
            return
        with lock:
            if look(self._home).is_waiting:
                self._launch()

    def create(self, request: Request) -> Sighting:
        """Make the server, or return the one that was made for the same request before."""
        if look(self._home).record is None:
            self._new_record(request)  # a bad request leaves nothing behind
        with self._changes(make=True):
            sighting = look(self._home)
            if sighting.record is not None:
                request.check_same(self._home.id, sighting.record["asked"], sighting.record["labels"])
            elif sighting.life.is_held:
                raise self._unreadable(sighting)
            else:
                self._make(request, sighting)
            if look(self._home).is_waiting:
                self._launch()
            return look(self._home)

    def _new_record(self, request: Request) -> Record:
        return request.as_record(self._home.id, self._settings, datetime.now(UTC))

    def _make(self, request: Request, before: Sighting) -> None:
        record = self._new_record(request)
        with self._unsupervised(0.0):
            if before.broken is not None:
                self._end_leftovers(None)
            write_record(self._home.record, record)

    def start(self) -> None:
        """Start the server; one that runs, or is about to, is left as it is."""
        with self._changes():
            sighting = self._existing()
            if sighting.life.is_held and sighting.record and sighting.record["state"] in {PENDING, RUNNING, REBOOTING}:
                return
            with self._unsupervised(self._stop_timeout(sighting.record)):
                record = self._readable()
                self._end_leftovers(record)
                stop_timeout = self._settings.stop_timeout
                fresh: Record = {**record, "state": PENDING, "stop_timeout": stop_timeout}
                write_record(self._home.record, {**fresh, "error": None, "exit_status": None})
            self._launch()

    def stop(self) -> None:
        """Stop the server and wait for its end; one that is stopped is left as it is."""
        with self._changes():
            self._existing()
            record = self._readable()
            if record["state"] == STOPPED:
                return
            with self._ended(record):
                record = self._readable()
                if record["state"] != STOPPED:
                    write_record(self._home.record, {**record, "state": STOPPED, "error": None, "exit_status": None})

    def reboot(self) -> None:
        """Tell the server to reboot; return as soon as it is seen to be on its way."""
        with self._changes():
            sighting = self._existing()
            record, supervisor = self._readable(), sighting.life.supervisor
            if record["state"] == REBOOTING and sighting.life.is_held:
                return
            if record["state"] != RUNNING or not sighting.life.is_held or supervisor is None:
                raise ResourceConflict(
                    f"server {self._home.id} of provider {self._provider} is {sighting.state}, "
                    "and only a running server can be rebooted",
                    provider=self._provider,
                    retryable=False,
                    hint="start it instead",
                )
            send_signal(supervisor, SIGUSR1)
            self._wait(lambda: self._has_moved(record) or None, self._stop_timeout(record), "begin to reboot")

    def _has_moved(self, before: Record) -> bool:
        now = look(self._home)
        return now.record is None or now.is_abandoned or now.record != before

    def delete(self) -> None:
        """Remove the server and every process of it; one that is gone is a success."""
        try:
            with self._changes():
                sighting = look(self._home)
                with self._ended(sighting.record):
                    # under another name first: what is half removed is no server
                    self._home.path.rename(self._trash(self._home.path.stat().st_ino))
        except NotFound:
            pass
        for trash in self._home.path.parent.glob(self._trash("*").name):
            while trash.exists():
                with suppress(FileNotFoundError):  # somebody else removes it too
                    shutil.rmtree(trash)

    def _trash(self, mark: int | str) -> Path:
        return self._home.path.with_name(f".trash-{self._home.id}-{mark}")

    def _existing(self) -> Sighting:
        sighting = look(self._home)
        if not sighting.is_server:
            raise no_server(self._provider, self._home.id)
        return sighting

    def _readable(self) -> Record:
        sighting = look(self._home)
        if sighting.record is None:
            raise self._unreadable(sighting)
        return sighting.record

    def _unreadable(self, sighting: Sighting) -> ServiceInternalError:
        return ServiceInternalError(
            f"server {self._home.id} of provider {self._provider} cannot be used: {sighting.error}",
            provider=self._provider,
            retryable=False,
            hint="delete it, or put its record back",
        )

    def _launch(self) -> None:
        remaining = self._context.remaining
        timeout = self._settings.start_timeout
        launch_supervisor(self._home, self._provider, timeout if remaining is None else min(timeout, remaining))

    def _stop_timeout(self, record: Record | None) -> float:
        return (self._settings.stop_timeout if record is None else record["stop_timeout"]) + _MARGIN

    @contextmanager
    def _changes(self, *, make: bool = False) -> Iterator[None]:
        """Hold the server's lock; raise `NotFound` when it has no directory and none is to be made."""
        try:
            lock = self._wait(lambda: self._try_changes(make=make), None, "be free")
        except FileNotFoundError as error:
            raise no_server(self._provider, self._home.id) from error
        with lock:
            yield

    def _try_changes(self, *, make: bool) -> FileLock | None:
        if not make:
            return try_lock(self._home.lock)
        self._home.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._home.path.mkdir(mode=0o700, exist_ok=True)
        try:
            return try_lock(self._home.lock)
        except FileNotFoundError:  # somebody deleted it meanwhile: make it again
            return None

    @contextmanager
    def _unsupervised(self, timeout: float) -> Iterator[None]:
        """Hold the life lock in the place of a supervisor, once there is none, so that none can come."""
        with self._wait(lambda: try_lock(self._home.life), timeout + _MARGIN, "let go of its lock"):
            yield

    @contextmanager
    def _ended(self, record: Record | None) -> Iterator[None]:
        """End supervisor and command, the hard way if need be, and hold the life lock in their place."""
        patience = self._stop_timeout(record)
        try:
            lock = self._wait(self._try_end(SIGTERM), patience, "stop")
        except ResourceConflict:
            lock = self._wait(self._try_end(SIGKILL), _KILL_TIMEOUT, "die")
        with lock:
            supervisor = read_life(self._home.life).supervisor
            self._wait(lambda: _is_gone(supervisor) or None, _KILL_TIMEOUT, "die")
            self._end_leftovers(look(self._home).record)
            yield

    def _try_end(self, number: Signals) -> Callable[[], FileLock | None]:
        told: set[Process] = set()

        def attempt() -> FileLock | None:
            if lock := try_lock(self._home.life):
                return lock
            supervisor = read_life(self._home.life).supervisor
            if supervisor is not None and supervisor not in told:
                told.add(supervisor)
                send_signal(supervisor, number)
            return None

        return attempt

    def _end_leftovers(self, record: Record | None) -> None:
        """Kill what a supervisor that did not end by itself, or a command that detached itself, has left behind."""
        if record is not None and record["state"] == STOPPED and record["command"] is None:
            return
        life = read_life(self._home.life)
        self._wait(lambda: self._kill_leftovers(life) or None, _KILL_TIMEOUT, "die")

    def _kill_leftovers(self, life: Life) -> bool:
        """Kill once; return whether there was nothing left to kill."""
        left = marked_processes(*marks(self._home))
        if life.child is not None and not _is_gone(life.child):
            send_signal(life.child, SIGKILL, group=True)
            left.append(life.child)
        for process in left:
            send_signal(process, SIGKILL)
        return not left

    def _wait(self, attempt: Callable[[], T | None], seconds: float | None, what: str) -> T:
        """Try until something comes of it, at most `seconds`; the context's deadline and cancellation count too."""
        context = self._context
        end = None if seconds is None else context.clock() + seconds
        pause = _SHORTEST_PAUSE
        while (result := attempt()) is None:
            context.check()
            if end is not None and context.clock() >= end:
                raise ResourceConflict(
                    f"server {self._home.id} of provider {self._provider} did not {what} within {seconds:g} seconds",
                    provider=self._provider,
                )
            context.cancellation.wait(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.5)
        return result
