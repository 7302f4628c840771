"""On a terminal there is somebody to ask, and something to draw on."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest


def on_terminal(*arguments: str, typed: str = "") -> tuple[int, str]:
    """Run a line on a terminal, type the answer to its question, and return the exit code and all that was shown."""
    control, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "provisioning", *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([control], [], [], 1)
        try:
            piece = os.read(control, 65536) if ready else None
        except OSError:
            break
        if piece == b"":
            break
        shown += piece or b""
        if typed and b"[y/N]: " in shown:
            os.write(control, typed.encode())
            typed = ""
    os.close(control)
    return process.wait(10), shown.decode()


@pytest.mark.parametrize(
    ("line", "question"),
    [
        (("server", "delete", "web-1"), "Delete server web-1 for good?"),
        (("workflow", "rollback", "wf-1"), "Undo everything that run wf-1 did?"),
        (("workflow", "cancel", "wf-1", "--rollback"), "Stop run wf-1 and undo everything that it did?"),
    ],
)
def test_what_destroys_asks(line: tuple[str, ...], question: str, workspace: Path) -> None:
    """A no ends the command before anything is opened, let alone changed."""
    code, shown = on_terminal(*line, typed="n\n")
    assert code == 1
    assert f"{question} [y/N]: n" in shown
    assert "error: nothing was changed: the answer was no.\r\n" in shown
    assert list(workspace.iterdir()) == []


def test_end_of_input_is_no_answer(workspace: Path) -> None:
    """Ctrl-D at the question is an interrupt, not a yes."""
    code, shown = on_terminal("server", "delete", "web-1", typed="\x04")
    assert code == 130
    assert "error: interrupted\r\n" in shown


def test_a_yes_goes_on(workspace: Path) -> None:
    """A yes leads to the deed, here to the error that there is no such server."""
    code, shown = on_terminal("server", "delete", "no-such-server", typed="y\n")
    assert code == 1
    assert "no-such-server" in shown.split("[y/N]: ")[1]


def test_a_run_is_shown_live(workspace: Path) -> None:
    """The live display counts what is done, leaves the log, and gives the cursor back."""
    code, shown = on_terminal("server", "create", "web", "--workflow-id", "wf-live")
    assert code == 0
    assert "server succeeded" in shown
    assert "1/1 done, 0 running" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    server_id = re.findall(r"id {2,}(\S+)", shown)[-1]
    code, _ = on_terminal("server", "delete", server_id, "--yes")
    assert code == 0
