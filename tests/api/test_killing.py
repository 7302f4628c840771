"""The server killed in the middle of what it does: every run that was accepted ends exactly once."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App
from provisioning.testing import IsolatedWorkspace
from tests.api.serving import Asking, serving
from tests.api.test_workflows import echo, waits

KILLS = 4


class Program:
    """`provisioning serve` in a process of its own, started as often as it is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> Asking:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "provisioning", "serve", "--port", "0", "--rate", "0", *options],
            cwd=self._folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        line = self._process.stderr.readline()
        assert line.startswith("serving "), line
        return Asking(line.split()[-1])

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        process = self._process
        assert process is not None
        if process.poll() is None:
            process.send_signal(number)
        process.communicate(timeout=60)
        return process.returncode


@pytest.fixture
def program(isolated_workspace: IsolatedWorkspace) -> Iterator[Program]:
    isolated_workspace.configure({"providers": {"local": {"directory": str(isolated_workspace.home / "servers")}}})
    one = Program(isolated_workspace.folder)
    yield one
    one.end(signal.SIGKILL)


def appends(number: int) -> dict[str, Any]:
    """A workflow that leaves one mark for each time that it is carried out."""
    script = f"echo {number} >> marks.txt"
    make = {"id": "make", "kind": "file_write", "parameters": {"path": f"made-{number}.txt", "content": str(number)}}
    mark = {"id": "mark", "kind": "command", "parameters": {"command": ["sh", "-c", script], "on_doubt": "retry"}}
    return {"name": f"n{number}", "operations": [make, mark], "dependencies": {"mark": ["make"]}}


def test_every_accepted_submission_ends_exactly_once(program: Program, isolated_workspace: IsolatedWorkspace) -> None:
    """The server is killed several times during a load; what it had accepted is there again, and ends."""
    accepted: set[str] = set()
    number = 0
    for _ in range(KILLS):
        ask = program.start()
        for _ in range(15):
            number += 1
            headers = {"Idempotency-Key": f"load-{number}"}
            accepted.add(ask("POST", "/workflows/submit", appends(number), headers).data["workflow_id"])
        program.end(signal.SIGKILL)
    ask = program.start()
    assert {ask.wait(workflow_id) for workflow_id in accepted} == {"succeeded"}
    assert len(accepted) == number == KILLS * 15
    for workflow_id in accepted:
        kinds = [event["kind"] for event in ask.get(f"/workflows/{workflow_id}/logs").data]
        assert (kinds.count("WorkflowStarted"), kinds.count("WorkflowCompleted")) == (1, 1)
    assert len(list(isolated_workspace.folder.glob("made-*.txt"))) == number
    again = ask("POST", "/workflows/submit", appends(1), {"Idempotency-Key": "load-1"})
    assert again.data["run"]["state"] == "succeeded"


def begun(folder: Path) -> None:
    """Wait until the command of `waits` runs."""
    end = time.monotonic() + 30
    while not (folder / "begun").exists():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_stopped_server_leaves_its_runs_to_the_next_one(
    program: Program, isolated_workspace: IsolatedWorkspace
) -> None:
    """SIGTERM: what is in flight is recorded, the exit code is 0, and the next server goes on by itself."""
    ask = program.start()
    ask("POST", "/workflows", waits(workflow_id="wf-w"))
    begun(isolated_workspace.folder)
    assert ask.get("/health").data["runs_driven"] == 1
    stream = ask.open("GET", "/events")
    assert program._process is not None
    program._process.send_signal(signal.SIGTERM)
    stream.read()
    (isolated_workspace.folder / "go-on").touch()
    assert program.end(signal.SIGTERM) == 0
    ask = program.start()
    assert ask.wait("wf-w") in ("succeeded", "interrupted")
    end = time.monotonic() + 30
    while ask.get("/workflows/wf-w").data["state"] != "succeeded":
        assert time.monotonic() < end
        time.sleep(0.02)


def test_stopping_waits_no_longer_than_it_may(program: Program, isolated_workspace: IsolatedWorkspace) -> None:
    """A run that does not end is left as after a kill, the exit code says so, and the next server takes it up."""
    program.start("--patience", "0.1")("POST", "/workflows", waits(workflow_id="wf-w"))
    begun(isolated_workspace.folder)
    assert program.end(signal.SIGTERM) == 1
    (isolated_workspace.folder / "go-on").touch()
    assert program.start().wait("wf-w") == "succeeded"


def test_a_run_that_a_person_stopped_stays_stopped(app: App) -> None:
    """A start takes up what was cut off, and nothing that somebody wanted to end."""
    document = waits()
    document["operations"].append({"id": "after", "kind": "command", "parameters": {"command": ["true"]}})
    document["dependencies"]["after"] = ["waits"]
    run = app.start(document, workflow_id="wf-w")
    begun(app.workspace)
    run.interrupt()
    (app.workspace / "go-on").touch()
    assert run.wait().state == "interrupted"
    with serving(app) as ask:
        assert ask.get("/health").data["runs_driven"] == 0
        assert ask.get("/workflows/wf-w").data["state"] == "interrupted"


def test_several_servers_share_a_journal(app: App, isolated_workspace: IsolatedWorkspace) -> None:
    """Each sees what the others drive, and nothing is driven twice."""
    with serving(app) as one, serving(isolated_workspace.open()) as other:
        one("POST", "/workflows", waits(workflow_id="wf-w"))
        begun(app.workspace)
        assert other("POST", "/workflows", waits(workflow_id="wf-w")).status == 202
        assert other("POST", "/workflows/wf-w/resume").error["code"] == "RunLocked"
        (app.workspace / "go-on").touch()
        assert {one.wait("wf-w"), other.wait("wf-w")} == {"succeeded"}
        kinds = [event["kind"] for event in other.get("/workflows/wf-w/logs").data]
        assert (kinds.count("WorkflowStarted"), "WorkflowResumed" in kinds) == (1, False)


def test_runs_beyond_the_most_wait_for_their_turn(app: App) -> None:
    """They are accepted, told as waiting, and driven when there is room."""
    with serving(app, max_runs=1) as ask:
        ask("POST", "/workflows", waits(workflow_id="wf-w"))
        begun(app.workspace)
        ask("POST", "/workflows", echo(workflow_id="wf-2"))
        health = ask.get("/health").data
        assert (health["runs_driven"], health["runs_waiting"]) == (1, 1)
        (app.workspace / "go-on").touch()
        assert (ask.wait("wf-w"), ask.wait("wf-2")) == ("succeeded", "succeeded")
