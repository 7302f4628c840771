"""The server killed in the middle of what it does: every run that was accepted ends exactly once."""

import logging
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from random import Random
from threading import Semaphore, Thread
from typing import Any

import pytest

from provisioning.api.driving import Driving
from provisioning.api.handover import Handover
from provisioning.api.recovery import Recovery
from provisioning.app import App
from provisioning.contract import NewRun
from provisioning.testing import IsolatedWorkspace
from tests.api.serving import Asking, serving
from tests.api.test_workflows import echo, waits

KILLS = 20
BETWEEN = 6


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
        self._reader = Thread(
            target=deque, args=(self._process.stderr, 0), daemon=True
        )  # its log must not fill the pipe
        self._reader.start()
        return Asking(line.split()[-1])

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        process = self._process
        assert process is not None
        if process.poll() is None:
            process.send_signal(number)
        code = process.wait(timeout=60)
        self._reader.join()
        assert process.stderr is not None
        process.stderr.close()
        return code


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


def submit(ask: Asking, number: int) -> str | None:
    """Submit a workflow; None when the server was killed meanwhile, so that nobody knows whether it has it."""
    try:
        answer = ask("POST", "/workflows/submit", appends(number), {"Idempotency-Key": f"load-{number}"})
    except (OSError, HTTPException):
        return None
    assert answer.status == 202, answer.content
    workflow_id: str = answer.data["workflow_id"]
    return workflow_id


def test_every_accepted_submission_ends_exactly_once(program: Program, isolated_workspace: IsolatedWorkspace) -> None:
    """The server is killed twenty times under a load of submissions; what it had accepted is there again, and ends."""
    random = Random(7)
    accepted: dict[int, str] = {}
    with ThreadPoolExecutor(4) as clients:
        for turn in range(KILLS):
            ask = program.start()
            numbers = range(turn * BETWEEN, (turn + 1) * BETWEEN)
            sent = {number: clients.submit(submit, ask, number) for number in numbers}
            sent[numbers[random.randrange(BETWEEN)]].result()  # the moment of the kill: others are under way then
            program.end(signal.SIGKILL)
            accepted |= {number: found for number, one in sent.items() if (found := one.result()) is not None}
    ask = program.start()
    assert {ask.wait(workflow_id) for workflow_id in accepted.values()} == {"succeeded"}
    assert len(set(accepted.values())) == len(accepted) >= KILLS
    for number, workflow_id in accepted.items():
        assert submit(ask, number) == workflow_id
        kinds = [event["kind"] for event in ask.get(f"/workflows/{workflow_id}/logs").data]
        assert (kinds.count("WorkflowStarted"), kinds.count("WorkflowCompleted")) == (1, 1)
    lost = set(range(KILLS * BETWEEN)) - set(accepted)  # nobody was promised these: each is there whole, or not at all
    for number in lost:
        late = submit(ask, number)
        assert late is not None
        assert ask.wait(late) == "succeeded"
    assert len(list(isolated_workspace.folder.glob("made-*.txt"))) == KILLS * BETWEEN


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


def test_a_living_server_takes_over_the_runs_of_a_dead_one(
    program: Program, app: App, isolated_workspace: IsolatedWorkspace
) -> None:
    """Without being started anew; what was under way is settled, and nothing is done twice."""
    with serving(app) as living:
        program.start()("POST", "/workflows", waits(workflow_id="wf-w"))
        begun(app.workspace)
        assert living.get("/health").data["runs_driven"] == 0
        with living.open("GET", "/workflows/wf-w/events") as stream:
            program.end(signal.SIGKILL)
            (app.workspace / "go-on").touch()
            for line in stream:
                if line.startswith(b"event: end"):
                    break
        assert living.get("/workflows/wf-w").data["state"] == "succeeded"
        kinds = [event["kind"] for event in living.get("/workflows/wf-w/logs").data]
        assert (kinds.count("WorkflowResumed"), kinds.count("WorkflowCompleted")) == (1, 1)


def test_of_several_servers_one_takes_a_run_over(app: App, isolated_workspace: IsolatedWorkspace) -> None:
    """All of them see that nobody drives it; the lease decides, and the others leave it alone."""
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(isolated_workspace.open())) for _ in range(3)]
        run = app.submit(waits(workflow_id="wf-w"))
        begun(app.workspace)  # none of them was asked to drive it
        assert sum(server.get("/health").data["runs_driven"] for server in servers) == 1
        (app.workspace / "go-on").touch()
        assert {server.wait(run.workflow_id) for server in servers} == {"succeeded"}
        kinds = [event["kind"] for event in servers[0].get("/workflows/wf-w/logs").data]
        assert (kinds.count("WorkflowStarted"), kinds.count("WorkflowResumed")) == (1, 0)


class Refusals(logging.Handler):
    """Counts the runs that could not be driven, as the log tells of them."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Semaphore(0)

    def emit(self, record: logging.LogRecord) -> None:
        if "is not driven here" in record.getMessage():
            self.told.release()


def test_a_run_that_cannot_be_driven_is_tried_again_seldom(app: App) -> None:
    """Once a minute; there would be no end to it otherwise."""
    operation = {"id": "a", "kind": "gone", "parameters": {}}
    app.journal.create_run(NewRun("wf-1", "one", {"name": "one", "operations": [operation]}, "digest", 1))
    now, refusals, driving = [0.0], Refusals(), Driving(app, 1)
    logger = logging.getLogger("provisioning.api")
    logger.addHandler(refusals)
    try:
        recovery = Recovery(
            app, driving, Handover(app.workspace), clock=lambda: time.time() + 60, monotonic=lambda: now[0]
        )
        for moment, is_tried in ((0.0, True), (1.0, False), (59.0, False), (61.0, True)):
            now[0] = moment
            recovery.look()
            if is_tried:  # the one before may still be ending, and is left alone until it has
                for _ in range(300):
                    if refusals.told.acquire(timeout=0.1):
                        break
                    recovery.look()
                else:
                    pytest.fail("it is not tried again")
    finally:
        logger.removeHandler(refusals)
    driving.stop(0)
    assert not refusals.told.acquire(blocking=False)


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
