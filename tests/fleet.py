"""A fleet for tests: workers and drivers, each a process of its own, beside one server and one made-up cloud."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import tomlkit

from provisioning.app import App
from provisioning.testing.cloud import EXTENSIONS, FakeCloud
from tests.postgres import Server

__all__ = ["Fleet", "Member", "until"]

PATIENCE = 60.0


def until(is_so: Callable[[], object], *, patience: float = PATIENCE) -> Any:
    """Return what `is_so` returns as soon as that is true; fail when it never is."""
    end = time.monotonic() + patience
    while not (found := is_so()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found


class Member:
    """One process of the fleet; what it says on stderr is kept in a file."""

    def __init__(
        self, fleet: "Fleet", words: Sequence[str], environ: Mapping[str, str], before: Sequence[str] = ()
    ) -> None:
        self._log = fleet.folder.parent / f"member-{len(fleet.members)}.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-m", "provisioning", *words],
                cwd=fleet.folder,
                env={**os.environ, **fleet.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    @property
    def said(self) -> str:
        """What it has said."""
        return self._log.read_text(errors="replace")

    def signal(self, number: int) -> None:
        """Send a signal to it and to what it has started."""
        if self.process.poll() is None:
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """Ask it to end, and return how it did."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


class Fleet:
    """A workspace whose journal is on `server`, whose operations run in workers, and whose cloud is in a file."""

    def __init__(self, root: Path, server: Server, settings: Mapping[str, Any] | None = None) -> None:
        self.folder = root / "workspace"
        self.folder.mkdir()
        self.server = server
        self.url = server.new_url()
        self.environ = {"HOME": str(root), "XDG_CACHE_HOME": str(root / "cache")}
        self.members: list[Member] = []
        providers = {"cloud": {"type": "fake", "state": str(root / "cloud.db")}}
        self.configure(
            {
                "store": {"url": self.url},
                "engine": {"type": "workers"},
                "extensions": {"paths": [str(EXTENSIONS)]},
                **(settings or {}),
                "providers": {**providers, **(settings or {}).get("providers", {})},
            }
        )
        self.cloud = FakeCloud(path=root / "cloud.db")

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Write the configuration that all members read."""
        (self.folder / "config.user.toml").write_text(tomlkit.dumps(settings))

    def worker(self, *words: str, environ: Mapping[str, str] | None = None, before: Sequence[str] = ()) -> Member:
        """Start a worker, and wait until others see it; `before` stands before its command."""
        member = Member(self, ["worker", "-v", *words], environ or {}, before)
        self.members.append(member)
        before_it = self._workers() if before else ""
        until(lambda: member.process.poll() is not None or self._is_seen(member, before_it, is_elsewhere=bool(before)))
        assert member.process.poll() is None, member.said
        return member

    def driver(self, document: Mapping[str, Any], *words: str, before: Sequence[str] = ()) -> Member:
        """Start a process that runs a workflow."""
        path = self.folder / f"flow-{len(self.members)}.json"
        path.write_text(json.dumps(document))
        member = Member(self, ["workflow", "run", path.name, *words], {}, before)
        self.members.append(member)
        return member

    def open(self, **options: Any) -> App:
        """Open the workspace in this process."""
        return App.open(self.folder, environ={**os.environ, **self.environ}, **options)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        schema = self.url.partition("schema=")[2].partition("&")[0]
        with psycopg.connect(self.server.url, autocommit=True, options=f"-c search_path={schema}") as connection:
            return connection.execute(query.encode(), values).fetchall()

    def _is_seen(self, member: Member, before: str, *, is_elsewhere: bool) -> bool:
        seen = self._workers()
        return seen != before if is_elsewhere else f"/{member.pid}/" in seen

    def _workers(self) -> str:
        try:
            return " ".join(name for (name,) in self.rows("SELECT name FROM workers"))
        except psycopg.Error:
            return ""  # nobody has made the tables yet, or the server is away

    def close(self) -> None:
        """Kill everybody."""
        for member in self.members:
            member.signal(signal.SIGCONT)
            member.kill()
        self.cloud.close()
