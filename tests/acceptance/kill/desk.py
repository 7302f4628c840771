"""A workspace in which real commands are killed, and the local servers that they leave behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from provisioning.app import App, Report
from provisioning.contract import RunState, Server

ID = "wf-1"
KEPT = {"PATH", "LANG", "TMPDIR"}


@dataclass
class Desk:
    """One workspace with its own local cloud; commands are processes, what is done afterwards happens here."""

    workspace: Path
    cloud: Path
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in KEPT}
        return {
            **kept,
            "HOME": str(self.cloud.parent / "home"),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PROVISIONING__PROVIDERS__LOCAL__DIRECTORY": str(self.cloud),
            "PROVISIONING__PROVIDERS__LOCAL__STOP_TIMEOUT": "1",
        }

    def begin(self, fault: str, *words: str, **environ: str) -> "subprocess.Popen[str]":
        """Type a command with a fault in it, and do not wait for it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "provisioning.testing.faults", *words],
            cwd=self.workspace,
            env={**self.environ, "PROVISIONING_FAULT": fault, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def type(self, fault: str, *words: str, **environ: str) -> tuple[int, str]:
        """Type a command with a fault in it; return its exit status and what it said on stderr."""
        process = self.begin(fault, *words, **environ)
        _, err = process.communicate(timeout=120)
        return process.returncode, err

    @contextmanager
    def app(self) -> Iterator[App]:
        """Open the workspace in this process."""
        with App.open(self.workspace, environ=self.environ) as app:
            yield app

    def write(self, document: str) -> str:
        """Write a workflow, and return its file's name."""
        (self.workspace / "flow.toml").write_text(document, encoding="utf-8")
        return "flow.toml"

    def go_on(self, ending: str) -> Report:
        """Roll the run back, or resume it until it is through; one that was never recorded is begun."""
        with self.app() as app:
            if ending == "rollback":
                if app.status(ID).state is RunState.ROLLED_BACK:
                    return app.status(ID)
                return app.rollback(ID).wait()
            report = app.start(self.workspace / "flow.toml", workflow_id=ID).wait()
            return app.resume(ID).wait() if report.state is RunState.INTERRUPTED else report

    def servers(self) -> list[Server]:
        """Return the servers that the local provider knows."""
        with self.app() as app:
            return list(app.servers())

    def processes(self) -> list[int]:
        """Return the processes of this cloud's servers, as the machine knows them."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(self.cloud) in command:
                found.append(int(entry.name))
        return found

    def clear(self) -> None:
        """Leave nothing behind, whatever a test has left."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        with self.app() as app:
            for server in list(app.servers()):
                app.provider("local").delete_server(server.id)
