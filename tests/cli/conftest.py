"""What the tests of the command line share: a way to run a line, in this process or in one of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App
from provisioning.testing import CommandResult, run_command
from tests.api.serving import serving
from tests.postgres import running_server

Command = Callable[..., CommandResult]
Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that is the current folder, with servers and settings of its own."""
    home = tmp_path / "home"
    folder = tmp_path / "workspace"
    home.mkdir()
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("PROVISIONING_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("PROVISIONING__PROVIDERS__LOCAL__DIRECTORY", str(tmp_path / "servers"))
    return folder


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of a journal on a PostgreSQL server, which is not there yet."""
    with running_server() as server:
        yield server.new_url()


@pytest.fixture
def run() -> Command:
    """Run one command line in this process: `run("server", "list")`."""
    return run_command


@pytest.fixture(params=["here", "at a server"])
def run_anywhere(request: pytest.FixtureRequest, workspace: Path) -> Iterator[Command]:
    """Run one command line in this process, once in the workspace and once through a server that serves it."""
    if request.param == "here":
        yield run_command
        return
    with ExitStack() as stack:
        found: list[str] = []

        def at_server(*words: str, **more: Any) -> CommandResult:
            if not found:  # opened as late as a command would open it: the test may write a configuration first
                found.append(stack.enter_context(serving(stack.enter_context(App.open(workspace)))).url)
            return run_command("--server", found[0], *words, **more)

        yield at_server


@pytest.fixture
def program() -> Program:
    """Run one command line in a process of its own."""

    def execute(
        *arguments: str | bytes, stdin: str | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "provisioning", *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
            env={**os.environ, **(environment or {})},
        )

    return execute
