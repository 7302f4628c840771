"""Real runs whose journal is on a server: one line of configuration, and the same promise."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provisioning.app import App
from provisioning.contract import EventKind
from tests.postgres import Server


def _document(count: int, command: str) -> Mapping[str, Any]:
    operations = [
        {"id": f"op-{number}", "kind": "command", "parameters": {"command": ["sh", "-c", command], "on_doubt": "retry"}}
        for number in range(count)
    ]
    return {
        "workflow_id": "wf-1",
        "name": "many",
        "operations": operations,
        "dependencies": {f"op-{number}": [f"op-{number - 1}"] for number in range(1, count)},
    }


def _open(folder: Path, url: str) -> App:
    return App.open(folder, overrides={"store.url": url}, environ={**os.environ, "HOME": str(folder)})


def test_one_line_moves_a_user_over(tmp_path: Path, url: str) -> None:
    """A run, its report, its events and its checkpoint are what they are in a file."""
    with _open(tmp_path, url) as app:
        report = app.run(_document(3, "echo out"))
        assert report.state == "succeeded"
    with _open(tmp_path, url) as app:
        assert app.status("wf-1").state == "succeeded"
        events = list(app.events("wf-1"))
        assert events[0].kind == EventKind.WORKFLOW_STARTED
        assert events[-1].kind == EventKind.WORKFLOW_COMPLETED
        assert app.journal_care.check() == []
    assert not (tmp_path / ".provisioning" / "journal.db").exists()


def test_the_server_dies_in_the_middle_of_a_run(tmp_path: Path, own_server: Server) -> None:
    """It is killed again and again, and started again: the run waits and goes on, and every record is whole."""
    with _open(tmp_path, own_server.new_url()) as app:
        run = app.start(_document(30, "echo x >> log"))
        for _ in range(3):
            own_server.kill()
            own_server.start()
        report = run.wait()
        assert report.state == "succeeded"
        assert app.journal_care.check() == []
    assert (tmp_path / "log").read_text() == "x\n" * 30


CHILD = """
import sys
from provisioning.app import App
app = App.open(sys.argv[1], overrides={"store.url": sys.argv[2]})
run = app.start(eval(sys.argv[3]))
for event in run.events():
    print(event.operation_id, flush=True)
run.wait()
"""


def _begin(folder: Path, url: str, until: str) -> "subprocess.Popen[str]":
    """Begin a run in a process of its own, and return when an operation was heard of."""
    document = _document(20, "echo x >> log; sleep 0.02")
    command = [sys.executable, "-c", CHILD, str(folder), url, repr(document)]
    environ = {**os.environ, "HOME": str(folder)}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == until:
            break
    return child


def test_the_server_does_not_come_back(tmp_path: Path, own_server: Server) -> None:
    """The run stops with an error that says so; later it is resumed, and everything is done."""
    url = own_server.new_url("&patience=0.1")
    with _begin(tmp_path, url, "op-3") as child:
        own_server.stop()
        _, told = child.communicate()
    assert "does not answer" in told
    own_server.start()
    with _open(tmp_path, url) as app:
        assert app.resume("wf-1").wait().state == "succeeded"
        assert app.journal_care.check() == []
    assert 20 <= (tmp_path / "log").read_text().count("x") <= 21  # whether the one in flight had ended was not recorded


def test_another_process_goes_on_with_the_run_of_one_that_was_killed(tmp_path: Path, url: str) -> None:
    """The journal is what they share; the lease of a process that is gone is free at once on its own host."""
    with _begin(tmp_path, url, "op-5") as child:
        child.send_signal(signal.SIGKILL)
    with _open(tmp_path, url) as app:
        assert app.resume("wf-1").wait().state == "succeeded"
        assert app.journal_care.check() == []
