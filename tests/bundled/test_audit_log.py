"""audit-log: whole lines, nothing secret in them, and no operation's outcome changed by them."""

import errno
import hashlib
import json
import logging
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.app import App
from provisioning.contract import (
    Compensation,
    CompensationAction,
    Done,
    ExtensionContext,
    Outcome,
    Pending,
    Resource,
    RunState,
)
from provisioning.errors import NotFound
from tests.bundled.activated import activated, event, module, operation
from tests.bundled.crowd import at_once, write_many

audit_file = module("audit-log", "audit_file")
digest = module("audit-log", "digest")
plugin = module("audit-log", "plugin")

NAME = "audit-log"
LOGGER = logging.getLogger("provisioning.extensions.audit-log")
SERVER = Resource("server", "i-1", "local", "web-1")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def log_of(workspace: Path) -> Path:
    return workspace / ".provisioning" / "audit.jsonl"


@pytest.fixture
def audit(workspace: Path) -> Iterator[Any]:
    """The plugin, activated in the workspace, at a time that stands still."""
    made = plugin.AuditLog(now=lambda: 1_700_000_000.25, clock=iter(range(100)).__next__)
    with activated(NAME, made, {}, workspace) as log:
        yield log


def call(wrapper: Any, end: Outcome | BaseException) -> Any:
    """Drive a wrapper as pluggy does: to its `yield`, and on with how the call ended."""
    next(wrapper)
    try:
        if isinstance(end, BaseException):
            wrapper.throw(end)
        else:
            wrapper.send(end)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("a wrapper yields once")


def test_a_call_has_a_line_before_and_a_line_after(audit: Any, workspace: Path) -> None:
    """Who, what, when, on what, with which parameters, how it ended and how long it took."""
    asked = operation(parameters={"name": "web-1", "user_data": "hush"})
    done = Done({"ip": "10.0.0.1"}, (SERVER,))
    assert call(audit.run_operation(asked), done) is done
    begun, ended = lines(log_of(workspace))
    account = begun["who"].pop("user")
    assert ended["who"].pop("user") == account
    same = {
        "at": "2023-11-14T22:13:20.250+00:00",
        "who": {"uid": os.getuid(), "host": os.uname().nodename, "pid": os.getpid()},
        "step": "run",
        "workflow_id": "wf",
        "operation_id": "a",
        "kind": "server_create",
        "provider": "local",
        "client_token": "token-1",
        "parameters": ["name", "user_data"],
        "digest": sha256('{"name":"web-1","user_data":"hush"}'),
    }
    assert begun == {"type": "begun", **same}
    assert ended == {"type": "ended", **same, "outcome": "done", "resources": [SERVER.as_dict()], "seconds": 1}
    assert "hush" not in log_of(workspace).read_text()


def test_a_failure_is_written_as_its_code_and_raised(audit: Any, workspace: Path) -> None:
    """An error's message may hold what only the journal knows to hide."""
    for error, code in ((NotFound("no image hush"), "NotFound"), (KeyError("hush"), "KeyError")):
        with pytest.raises(type(error)) as caught:
            call(audit.run_operation(operation()), error)
        assert caught.value is error
        last = lines(log_of(workspace))[-1]
        assert (last["type"], last["outcome"], last["error"]) == ("ended", "failed", code)
    assert "hush" not in log_of(workspace).read_text()


def test_an_undoing_says_what_it_undoes(audit: Any, workspace: Path) -> None:
    """The compensation's summary, and nothing of its data."""
    undo = Compensation(CompensationAction.DELETE_RESOURCE, "delete server web-1", {"server_id": "hush"})
    call(audit.compensate_operation(operation(), undo), Done())
    for line in lines(log_of(workspace)):
        assert line["step"] == "compensate"
        assert line["compensation"] == {"action": "DeleteResource", "summary": "delete server web-1"}


def test_a_wait_is_two_lines_however_long_it_is(audit: Any, workspace: Path) -> None:
    """Of the calls that only look, none is written."""
    call(audit.run_operation(operation()), Pending(1.0, {"server_id": "i-1"}, (SERVER,)))
    for _ in range(5):
        call(audit.run_operation(operation(state={"server_id": "i-1"})), Pending(1.0, {"server_id": "i-1"}))
    call(audit.run_operation(operation(state={"server_id": "i-1"})), Done())
    assert [(line["type"], line.get("outcome")) for line in lines(log_of(workspace))] == [
        ("begun", None),
        ("ended", "pending"),
        ("ended", "done"),
    ]


def test_an_answer_that_is_none_passes_as_it_is(audit: Any, workspace: Path) -> None:
    """Whether it is one is for others to say, and what cannot be described is no reason to fail."""
    for answer, known in (("what?", ["begun", "ended"]), (Done({}, ("no resource",)), ["begun"])):  # type: ignore[arg-type]
        log_of(workspace).unlink(missing_ok=True)
        assert call(audit.run_operation(operation()), answer) is answer  # type: ignore[arg-type]
        assert [line["type"] for line in lines(log_of(workspace))] == known


def test_events_are_written_as_the_journal_holds_them(workspace: Path) -> None:
    """Those that are wanted; of a program's output only that there was some."""
    with activated(NAME, plugin.AuditLog(), {"events": ["Workflow*", "OperationOutput"]}, workspace) as log:
        log.on_event(event("WorkflowFailed", 7, state="failed"))
        log.on_event(event("OperationStarted", 8))
        log.on_event(event("OperationOutput", 9, text="hush"))
    assert [(line["type"], line["event"], line["sequence"], line["data"]) for line in lines(log_of(workspace))] == [
        ("event", "WorkflowFailed", 7, {"state": "failed"}),
        ("event", "OperationOutput", 9, {}),
    ]


def test_a_key_makes_the_digest_one_that_nobody_can_guess() -> None:
    """Without it the digest is the journal's own; with it guesses cannot be tested."""
    plain = digest.digest_of({"password": "1234"})
    assert plain == sha256('{"password":"1234"}')
    keyed = digest.digest_of({"password": "1234"}, "a key of some length")
    assert keyed.startswith("hmac-sha256:")
    assert keyed == digest.digest_of({"password": "1234"}, "a key of some length")
    assert keyed != digest.digest_of({"password": "1234"}, "another key that is long")


def test_the_file_is_the_owners_alone(workspace: Path, audit: Any) -> None:
    """Mode 0600 when it is made; what somebody has set since then stays."""
    audit.on_event(event())
    assert stat.S_IMODE(log_of(workspace).stat().st_mode) == 0o600
    log_of(workspace).chmod(0o640)
    audit.on_event(event())
    assert stat.S_IMODE(log_of(workspace).stat().st_mode) == 0o640


def test_a_file_that_is_moved_away_is_made_anew(workspace: Path, audit: Any) -> None:
    """A program that rotates logs needs to tell nobody."""
    audit.on_event(event(sequence=1))
    log_of(workspace).rename(workspace / "audit.1")
    audit.on_event(event(sequence=2))
    assert [line["sequence"] for line in lines(workspace / "audit.1") + lines(log_of(workspace))] == [1, 2]


def test_lines_of_several_processes_are_whole(tmp_path: Path) -> None:
    """Threads and processes add to one file, and every line can be read."""
    path = tmp_path / "audit.jsonl"
    at_once(write_many, path)
    found = lines(path)
    assert len(found) == 3 * 3 * 50
    for mark in {line["mark"] for line in found}:
        assert [line["number"] for line in found if line["mark"] == mark] == list(range(50))


def test_a_full_disk_is_told_once_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """`/dev/full` refuses every byte, and the operation is done all the same."""
    file = audit_file.AuditFile(Path("/dev/full"), LOGGER)
    for _ in range(3):
        file.add(dict)
    assert file.lost == 3
    assert caplog.messages == [
        (
            "the audit log /dev/full cannot be written (No space left on device); operations go on, further losses are"
            " counted and not shown"
        )
    ]


def test_a_gap_is_told_in_the_log_itself(tmp_path: Path) -> None:
    """Whoever reads it knows how many lines are missing, and where."""
    path = tmp_path / "folder" / "audit.jsonl"
    file = audit_file.AuditFile(path, LOGGER, fsync=True)
    file.add(lambda: {"type": "event", "at": "first"})
    path.rename(tmp_path / "first")
    path.mkdir()
    file.add(dict)
    file.add(dict)
    path.rmdir()
    file.add(lambda: {"type": "event", "at": "later"})
    file.add(lambda: {"type": "event", "at": "last"})
    assert lines(path) == [
        {"type": "gap", "at": "later", "lost": 2},
        {"type": "event", "at": "later"},
        {"type": "event", "at": "last"},
    ]


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk takes a part of a line, the next one begins on a line of its own."""
    path = tmp_path / "audit.jsonl"
    file = audit_file.AuditFile(path, LOGGER)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:5]))
    file.add(lambda: {"type": "event", "at": "now"})
    monkeypatch.undo()
    file.add(lambda: {"type": "event", "at": "later"})
    torn, *rest = path.read_text().splitlines()
    assert torn == '{"typ'
    assert [json.loads(line)["type"] for line in rest] == ["gap", "event"]


def test_a_pipe_that_nobody_reads_holds_nothing_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Opening it would wait for a reader for ever."""
    os.mkfifo(tmp_path / "pipe")
    file = audit_file.AuditFile(tmp_path / "pipe", LOGGER)
    file.add(dict)
    assert (file.lost, os.strerror(errno.ENXIO) in caplog.text) == (1, True)


def test_validation_says_what_would_go_wrong(workspace: Path, tmp_path: Path) -> None:
    """Before anything runs, and without making the file."""
    with activated(NAME, plugin.AuditLog(), {}, workspace):
        pass
    assert not log_of(workspace).exists()
    folder = ExtensionContext(NAME, {"file": str(tmp_path)}, workspace)
    assert plugin.AuditLog().extension_validate(folder) == [f"the audit log {tmp_path} is not a file"]
    assert plugin.AuditLog().extension_validate(ExtensionContext(NAME, {"file": "new/audit"}, workspace)) == []


def test_validation_finds_a_folder_that_may_not_be_written(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that would have to be changed is named."""
    monkeypatch.setattr(os, "access", lambda place, mode: (place, mode) != (workspace, os.W_OK))
    assert plugin.AuditLog().extension_validate(ExtensionContext(NAME, {"file": "new/audit"}, workspace)) == [
        f"the audit log {workspace / 'new/audit'} cannot be written: {workspace} may not be changed by this account"
    ]


def test_a_whole_run_is_in_it(opened: Callable[..., App], workspace: Path) -> None:
    """Every operation, done and undone; a secret in a parameter or an error is nowhere."""
    secret = "s3cr3t-of-the-house"
    flow = {
        "name": "flow",
        "operations": [
            {"id": "note", "kind": "file_write", "parameters": {"path": "note.txt", "content": "{{env.APP_PASSWORD}}"}},
            {
                "id": "bad",
                "kind": "command",
                "parameters": {"command": ["sh", "-c", "echo {{env.APP_PASSWORD}} >&2; exit 3"]},
            },
        ],
        "dependencies": {"bad": ["note"]},
        "configuration": {"retry": {"attempts": 1}},
    }
    with opened(NAME, {}, APP_PASSWORD=secret) as app:
        report = app.run(flow)
    assert report.state is RunState.ROLLED_BACK
    found = lines(log_of(workspace))
    calls = [
        (line["step"], line["operation_id"], line["type"], line.get("outcome")) for line in found if "step" in line
    ]
    assert calls == [
        ("run", "note", "begun", None),
        ("run", "note", "ended", "done"),
        ("run", "bad", "begun", None),
        ("run", "bad", "ended", "failed"),
        ("compensate", "note", "begun", None),
        ("compensate", "note", "ended", "done"),
    ]
    assert {"WorkflowStarted", "OperationFailed", "RollbackCompleted"} <= {line.get("event") for line in found}
    assert secret not in log_of(workspace).read_text()


def test_a_run_goes_on_without_its_audit_log(opened: Callable[..., App], caplog: pytest.LogCaptureFixture) -> None:
    """A log that cannot be written is one warning, and the run succeeds."""
    flow = {"name": "flow", "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["true"]}}]}
    with opened(NAME, {"file": "/dev/full"}) as app:
        assert app.run(flow).state is RunState.SUCCEEDED
    assert [message for message in caplog.messages if "audit" in message and "cannot be written" in message] == [
        (
            "the audit log /dev/full cannot be written (No space left on device); operations go on, further losses are"
            " counted and not shown"
        )
    ]
