"""`provisioning audit-log`: the log read back, and whether all of it is there."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import CommandContext
from provisioning.errors import ConfigurationError
from tests.bundled.activated import checked, module

command = module("audit-log", "command")
entry = module("audit-log", "entry")

CALL = {
    "at": "2026-01-31T12:00:00.000+00:00",
    "who": {"user": "ann", "uid": 1, "host": "box", "pid": 7},
    "step": "run",
    "workflow_id": "wf",
    "operation_id": "web",
    "kind": "server_create",
    "client_token": "t",
}
BEGUN = {"type": "begun", **CALL}
PENDING = {"type": "ended", **CALL, "outcome": "pending"}
ENDED = {"type": "ended", **CALL, "outcome": "done"}
FAILED = {"type": "ended", **CALL, "outcome": "failed", "error": "NotFound"}
EVENT = {"type": "event", "at": CALL["at"], "who": CALL["who"], "event": "WorkflowFailed", "workflow_id": "other"}
GAP = {"type": "gap", "at": CALL["at"], "lost": 3}
BEGINNING = "2026-01-31T12:00:00.000+00:00  ann@box  wf  run web (server_create)"


@pytest.fixture
def ask(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Call the command on a log with these lines; return its exit code and what it printed."""

    def ask(lines: list[Any], *arguments: str, output: Any = "table") -> tuple[int, str]:
        log = workspace / ".provisioning" / "audit.jsonl"
        log.parent.mkdir(exist_ok=True)
        log.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
        options = checked("audit-log", {})
        context = CommandContext("audit-log", options, workspace, output, logging.getLogger(), "provisioning audit-log")
        code = command.audit_log(context, arguments)
        return code, capsys.readouterr().out

    return ask


def test_the_last_lines_are_shown(ask: Callable[..., tuple[int, str]]) -> None:
    """Twenty, or as many as are wanted; of one run where it is named; what is torn is passed over."""
    lines = [BEGUN, "torn", FAILED, EVENT, GAP]
    assert ask(lines, "tail") == (
        0,
        (
            f"{BEGINNING} begun\n{BEGINNING} ended failed NotFound\n"
            "2026-01-31T12:00:00.000+00:00  ann@box  other  WorkflowFailed\n"
            "2026-01-31T12:00:00.000+00:00  3 lines are missing here\n"
        ),
    )
    assert ask(lines, "tail", "-n", "1", "--run", "wf") == (0, f"{BEGINNING} ended failed NotFound\n")
    assert ask([BEGUN] * 30, "tail")[1].count("\n") == 20
    assert ask(lines, "tail", "-n", "0") == (0, "")
    code, text = ask(lines, "tail", "--run", "other", output="json")
    assert (code, json.loads(text)) == (0, {"status": "success", "data": [EVENT], "error": None})


def test_what_a_terminal_might_obey_is_not_printed(ask: Callable[..., tuple[int, str]]) -> None:
    """Whatever is in the file."""
    assert "\x1b" not in ask([{**EVENT, "event": "\x1b[2J"}], "tail")[1]


def test_a_whole_log_is_verified(ask: Callable[..., tuple[int, str]]) -> None:
    """A call that waits, and one that failed, have ended in the end."""
    assert ask([BEGUN, PENDING, ENDED, BEGUN, FAILED, EVENT], "verify") == (0, "6 lines\n")


def test_what_is_missing_is_told(ask: Callable[..., tuple[int, str]]) -> None:
    """Torn lines and lost ones make the exit code 1; a call that was cut off is told, and is no fault of the log."""
    assert ask([BEGUN, PENDING], "verify") == (0, f"2 lines\nwithout an end: {BEGINNING} ended pending\n")
    lines = ["{torn", "[1]", GAP, GAP, BEGUN]
    assert ask(lines, "verify") == (
        1,
        f"5 lines\nline 1 is torn\nline 2 is torn\n6 lines could not be written\nwithout an end: {BEGINNING} begun\n",
    )
    code, text = ask(lines, "verify", output="json")
    assert (code, json.loads(text)) == (
        1,
        {
            "status": "error",
            "data": {"lines": 5, "torn": [1, 2], "lost": 6, "unfinished": [BEGUN]},
            "error": {"code": "AuditLogIncomplete", "message": "lines of the audit log are missing or torn"},
        },
    )


@pytest.mark.parametrize(
    ("arguments", "message", "program"),
    [
        ((), "the following arguments are required: tail|verify", "provisioning audit-log"),
        (("tail", "-n", "x"), "argument -n/--lines: 'x' is not a whole number", "provisioning audit-log tail"),
    ],
)
def test_wrong_arguments_are_told(
    ask: Callable[..., tuple[int, str]], arguments: tuple[str, ...], message: str, program: str
) -> None:
    """As those of every command are."""
    with pytest.raises(ConfigurationError) as caught:
        ask([], *arguments)
    assert (caught.value.message, caught.value.hint) == (message, f"see '{program} --help'")


def test_a_log_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Which one, and why."""
    with pytest.raises(ConfigurationError) as caught:
        list(entry.entries_in(tmp_path / "none"))
    assert caught.value.message == f"the audit log {tmp_path}/none cannot be read: No such file or directory"
    assert caught.value.hint == "it is written by the first operation of a run"
