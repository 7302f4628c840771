"""The application, as a program that embeds it sees it."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from provisioning import NotFound
from provisioning.app import App
from provisioning.contract import OperationState, RunState
from provisioning.errors import (
    ConfigurationError,
    JournalCorrupt,
    RunConflict,
    RunLocked,
    RunNotFound,
)

ROOT = Path(__file__).parents[2]


def command(name: str, *words: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "command", "parameters": {"command": list(words), **more}}


def flow(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "flow", "operations": list(operations), **more}


def test_the_ten_lines_of_the_readme_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the README shows is what a newcomer gets."""
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(block.strip().splitlines()) <= 11
    monkeypatch.setenv("PROVISIONING__PROVIDERS__LOCAL__DIRECTORY", str(tmp_path / "cloud"))
    monkeypatch.setenv("PROVISIONING__STORE__URL", f"sqlite:///{tmp_path / 'journal.db'}")
    monkeypatch.chdir(ROOT)
    try:
        exec(compile(block, "README.md", "exec"), {})
        lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        assert lines[0] == "WorkflowStarted"
        assert "OperationSucceeded web.a" in lines
        assert any(line.startswith("succeeded ['http://127.0.0.1:") for line in lines)
        assert sorted(line.split()[0] for line in lines[-3:]) == ["db-1", "web-a", "web-b"]
    finally:
        with App.open() as app:
            for server in list(app.servers()):
                app.provider("local").delete_server(server.id)


def test_a_run_returns_its_report(app: App) -> None:
    """Counts, outputs and state are those of the journal."""
    report = app.run(flow(command("a", "echo", "hi"), outputs={"said": "{{operations.a.result.stdout}}"}))
    assert report.state is RunState.SUCCEEDED
    assert report.outputs == {"said": "hi\n"}
    assert app.status(report.workflow_id) == report


def test_events_are_replayed_and_then_live(app: App) -> None:
    """A follower that comes late gets everything, in order and once."""
    run = app.start(flow(command("a", "true"), command("b", "true"), dependencies={"b": ["a"]}))
    live = [event.sequence for event in run.events()]
    late = [event.sequence for event in app.events(run.workflow_id)]
    assert live == late == sorted(set(live))
    following = [event.sequence for event in app.events(run.workflow_id, after=live[1], follow=True)]
    assert following == live[2:]


def test_the_same_id_twice_is_one_run(app: App) -> None:
    """The second submission does nothing; another document under the id is refused."""
    first = app.run(flow(command("a", "true")), workflow_id="one")
    again = app.run(flow(command("a", "true")), workflow_id="one")
    assert again == first
    with pytest.raises(RunConflict):
        app.run(flow(command("b", "true")), workflow_id="one")


def test_a_run_that_is_driven_cannot_be_resumed_beside_it(app: App, tmp_path: Path) -> None:
    """The second driver is told who holds the run; a second submission follows it."""
    gate = tmp_path / "gate"
    script = f"while [ ! -e {gate} ]; do sleep 0.05; done"
    document = flow(command("wait", "sh", "-c", script))
    run = app.start(document, workflow_id="one")
    started = (event for event in run.events() if event.kind == "OperationStarted")
    next(started)
    with pytest.raises(RunLocked):
        app.resume("one").wait()
    follower = app.start(document, workflow_id="one")
    gate.touch()
    assert follower.wait().state is RunState.SUCCEEDED
    assert run.wait().state is RunState.SUCCEEDED


def test_cancel_reaches_the_driver_through_the_journal(app: App, workspace: Path, tmp_path: Path) -> None:
    """Another application asks; the driver records what is in flight, and undoes it when it was asked to."""
    gate, undone = tmp_path / "gate", tmp_path / "undone"
    script = f"while [ ! -e {gate} ]; do sleep 0.05; done"
    document = flow(
        command("first", "sh", "-c", script, undo=["touch", str(undone)]),
        command("second", "true"),
        dependencies={"second": ["first"]},
    )
    run = app.start(document, workflow_id="one")
    next(event for event in run.events() if event.kind == "OperationStarted")
    with App.open(workspace, environ={"HOME": str(tmp_path)}) as other:
        other.cancel("one", rollback=True)
    threading.Timer(1.5, gate.touch).start()
    report = run.wait()
    assert report.state is RunState.ROLLED_BACK
    assert undone.exists()
    assert {record.operation_id: record.state for record in app.operations("one")} == {
        "first": OperationState.COMPENSATED
    }


def test_closing_lets_a_run_end_in_good_order(workspace: Path, tmp_path: Path) -> None:
    """Closing interrupts what is driven here, and the run can be resumed."""
    environ = {"HOME": str(tmp_path)}
    document = flow(command("a", "true"), *(command(f"b{n}", "sleep", "0.05") for n in range(200)))
    with App.open(workspace, environ=environ) as app:
        run = app.start(document, workflow_id="one")
        next(iter(run.events()))
    with App.open(workspace, environ=environ) as app:
        assert app.status("one").state in (RunState.INTERRUPTED, RunState.SUCCEEDED)
        assert app.resume("one").wait().state is RunState.SUCCEEDED


def test_what_is_not_there_is_said(app: App) -> None:
    """Runs, servers, providers, states and operations to skip."""
    with pytest.raises(RunNotFound):
        app.status("nope")
    with pytest.raises(RunNotFound):
        app.operations("nope")
    with pytest.raises(NotFound) as server:
        app.get_server("srv-nope")
    assert server.value.message == "there is no server srv-nope at any provider: local"
    with pytest.raises(ConfigurationError, match="there is no provider 'nope'"):
        app.provider("nope")
    with pytest.raises(ConfigurationError, match="there is no run state 'nope'; there is: running"):
        app.runs(state="nope")
    app.run(flow(command("a", "true")), workflow_id="one")
    with pytest.raises(ConfigurationError, match="run one: there is no operation 'nope' to skip"):
        app.rollback("one", skip=["nope"])


def test_a_document_in_memory_is_checked_like_a_file(app: App) -> None:
    """Values that are no JSON are refused with their place."""
    with pytest.raises(ConfigurationError) as caught:
        app.plan({"name": "x", "operations": [{"id": "a", "kind": "command", "parameters": {"command": {1, 2}}}]})
    assert "operations[0].parameters.command" in caught.value.message


def test_a_corrupt_journal_is_one_clear_error(workspace: Path, tmp_path: Path) -> None:
    """Nothing is overwritten."""
    journal = workspace / ".provisioning" / "journal.db"
    journal.parent.mkdir()
    journal.write_bytes(b"this is no journal" * 100)
    with App.open(workspace, environ={"HOME": str(tmp_path)}) as app, pytest.raises(JournalCorrupt):
        app.runs()
    assert journal.read_bytes() == b"this is no journal" * 100


def test_secrets_reach_programs_and_nothing_else(app: App, workspace: Path) -> None:
    """A secret by reference is used, and hidden in results, events and the journal's file."""
    (workspace / "token.txt").write_text("s3cr3t-value\n")
    document = flow(
        command(
            "a", "sh", "-c", 'test "$TOKEN" = s3cr3t-value && echo "got $TOKEN"', env={"TOKEN": "{{file['token.txt']}}"}
        )
    )
    report = app.run(document, workflow_id="one")
    assert report.state is RunState.SUCCEEDED, report
    (record,) = app.operations("one")
    assert record.result is not None
    assert record.result["stdout"] == "got ***\n"
    app.close()
    for path in (workspace / ".provisioning").iterdir():
        assert b"s3cr3t-value" not in path.read_bytes()
