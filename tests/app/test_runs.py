"""Runs as an embedding program holds them: driven here, driven elsewhere, or left behind by a process that is gone."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App, Run
from provisioning.app.observing import Observing
from provisioning.contract import RunState
from provisioning.contract.holder import this_holder
from provisioning.errors import ConfigurationError, JournalError, RunFenced, RunInterrupted
from provisioning.store import open_journal
from provisioning.workflow import submit

HOLDER = "from provisioning.contract.holder import this_holder; print(this_holder())"


def command(name: str, *words: str) -> dict[str, Any]:
    return {"id": name, "kind": "command", "parameters": {"command": list(words)}}


def flow(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "flow", "operations": list(operations), **more}


def dead_holder() -> str:
    """Return the name under which a process held leases that has ended since."""
    return subprocess.run([sys.executable, "-c", HOLDER], capture_output=True, text=True, check=True).stdout.strip()


def left_behind(app: App, holder: str) -> None:
    """Submit a run that somebody else drives, or did."""
    submit(app.plan(flow(command("a", "true")), workflow_id="one"), app.journal)
    app.journal.acquire("one", holder)


def test_a_run_whose_process_was_killed_goes_on_with_its_next_submission(app: App) -> None:
    """The dead process's lease lasts still, and is no reason to wait for it."""
    left_behind(app, dead_holder())
    assert app.run(flow(command("a", "true")), workflow_id="one").state is RunState.SUCCEEDED


def test_who_waits_for_a_process_that_is_gone_is_told(app: App) -> None:
    """And not left waiting."""
    left_behind(app, dead_holder())
    with pytest.raises(RunInterrupted) as caught:
        Run(app.journal, "one").wait()
    assert caught.value.message == "the process that drove run one is gone, and left it running"
    assert caught.value.hint == "go on with it: `provisioning workflow resume one`"
    assert [event.kind for event in app.events("one", follow=True)] == []


def test_waiting_for_a_run_that_is_driven_elsewhere_can_be_bounded(app: App) -> None:
    """The report says how far it is."""
    left_behind(app, this_holder())
    run = app.start(flow(command("a", "true")), workflow_id="one")
    assert not run.is_driven_here
    assert run.wait(timeout=0).state is RunState.RUNNING


def test_a_driver_that_fails_fails_whoever_waits_for_it(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is raised where somebody waits, the events end, and nobody hangs."""
    holder = this_holder()
    journal = app.journal
    acquire = journal.acquire

    def stolen(workflow_id: str, name: str) -> Any:
        writer = acquire(workflow_id, name)
        journal.acquire = acquire  # type: ignore[method-assign]
        expired = open_journal(Path(app.configuration.store.url.removeprefix("sqlite:///")), clock=lambda: 1e12)
        expired.acquire(workflow_id, holder)
        expired.close()
        return writer

    monkeypatch.setattr(journal, "acquire", stolen)
    run = app.start(flow(command("a", "true")), workflow_id="one")
    with pytest.raises(RunFenced) as caught:
        run.wait()
    assert caught.value.message == (
        "run one is driven by another process by now (this one's lease, number 1, had ended): nothing was written"
    )
    assert caught.value.hint == ("Leave the run to that process; `provisioning workflow status one` shows how it goes.")
    assert run.is_over
    assert list(run.events()) == []
    assert list(app.operations("one")) == []


def test_an_observer_of_a_journal_that_is_gone_ends_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and no thread dies with a traceback."""
    journal = open_journal(tmp_path / "journal.db")
    journal.close()
    told: list[Any] = []
    with Observing(journal, "one", 0, told.append):
        pass
    assert told == []
    assert caplog.messages == [f"observers were told of no more events: journal {tmp_path / 'journal.db'} is closed"]
    with pytest.raises(JournalError):
        journal.last_sequence()


def test_inputs_are_json_values(app: App) -> None:
    """What no file could hold is refused, with its key; a date is the text that a file would make of it."""
    with pytest.raises(ConfigurationError) as caught:
        app.plan(flow(command("a", "true"), inputs={"n": 1}), inputs={"n": float("nan")})
    assert caught.value.message == "inputs: n: nan is not a number that a document may hold"
    with pytest.raises(ConfigurationError, match="inputs: must be a table, not list"):
        app.plan(flow(command("a", "true")), inputs=["n"])  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="document: must be a table, not NoneType"):
        app.plan(None)  # type: ignore[arg-type]


def test_options_of_a_run_are_checked_before_it_begins(app: App) -> None:
    """So that nothing is journaled of a run that could not be."""
    with pytest.raises(ConfigurationError, match="parallelism: must be at least 1"):
        app.start(flow(command("a", "true")), parallelism=0)
    with pytest.raises(ConfigurationError, match="on_failure: must be 'rollback', 'stop' or 'continue'"):
        app.start(flow(command("a", "true")), on_failure="explode")
    assert app.runs() == []


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite:///", "sqlite://db", "journal.db"])
def test_a_store_that_is_no_file_is_refused(workspace: Path, url: str) -> None:
    """A journal in memory would forget what it has made."""
    overrides = {"store.url": url}
    with App.open(workspace, overrides=overrides, environ={}) as app, pytest.raises(ConfigurationError) as caught:
        app.runs()
    assert caught.value.message == f"override store.url: store.url: {url!r} names no file that a journal could be"
    assert caught.value.hint == "write sqlite:///PATH"


def test_a_folder_that_is_gone_is_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one stands is part of the input."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ConfigurationError) as caught:
        App.open(environ={"HOME": str(tmp_path)})
    assert caught.value.message == "the current folder cannot be read: No such file or directory"


def test_closing_waits_for_what_is_driven_here(workspace: Path, tmp_path: Path) -> None:
    """What is in flight is recorded, and the run can go on afterwards."""
    environ = {"HOME": str(tmp_path)}
    with App.open(workspace, environ=environ) as app:
        run = app.start(
            flow(command("a", "sleep", "0.2"), command("b", "true"), dependencies={"b": ["a"]}), workflow_id="one"
        )
        next(event for event in run.events() if event.operation_id == "a")
    assert run.is_over
    assert not [thread for thread in threading.enumerate() if thread.name == "run one"]
    with App.open(workspace, environ=environ) as app:
        assert app.status("one").state is RunState.INTERRUPTED
        assert app.resume("one").wait().counts == {"succeeded": 2}
