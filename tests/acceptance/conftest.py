"""The whole program as a person uses it: a folder of their own, a real command, real servers."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
KEPT = {"PATH", "LANG", "TMPDIR"}


@dataclass
class Answer:
    """What a command left behind when it had ended."""

    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The JSON documents on its standard output, one after the other."""
        decoder, found, rest = json.JSONDecoder(), [], self.out.lstrip()
        while rest:
            document, end = decoder.raw_decode(rest)
            found.append(document)
            rest = rest[end:].lstrip()
        return found

    @property
    def data(self) -> Any:
        """What the envelope, the last document, carries."""
        return self.documents[-1]["data"]


@dataclass
class Person:
    """Somebody with a workspace, who types commands."""

    workspace: Path
    environ: dict[str, str]
    command: tuple[str, ...] = (sys.executable, "-m", "provisioning")
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Type a command and do not wait for it."""
        process = subprocess.Popen(
            [*self.command, *words],
            cwd=self.workspace,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def run(self, *words: str) -> Answer:
        """Type a command and wait for its end."""
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        return Answer(process.returncode, out, err)

    def servers(self) -> list[dict[str, Any]]:
        """Return every server that the local provider knows, as `server list` shows them."""
        answer = self.run("server", "list", "--output", "json")
        assert answer.code == 0, answer.err
        servers: list[dict[str, Any]] = answer.data
        return servers


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """A person in an empty workspace, whose servers are all gone afterwards."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("COVERAGE_")}
    environ = {
        **kept,
        "HOME": str(tmp_path / "home"),
        "PROVISIONING__PROVIDERS__LOCAL__DIRECTORY": str(tmp_path / "cloud"),
        "PROVISIONING__PROVIDERS__LOCAL__STOP_TIMEOUT": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    someone = Person(workspace, environ)
    yield someone
    for process in someone.running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    deleting = [someone.start("server", "delete", server["id"], "--yes") for server in someone.servers()]
    for process in deleting:
        process.communicate(timeout=120)
    assert someone.servers() == []
