"""A run can be watched: live, as lines, or as JSON lines."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from rich.console import Console

from provisioning.cli.invocation import Invocation, Output
from provisioning.cli.progress import choose_progress
from provisioning.cli.progress.json_lines import JsonLines
from provisioning.cli.progress.lines import PlainLines
from provisioning.cli.progress.live import LiveProgress
from provisioning.contract import Event, EventKind


def event(what: str, operation_id: str | None = None, *, at: float = 0.0, **data: Any) -> Event:
    """Return an event of one run."""
    return Event(7, "wf-1", what, at, operation_id, data)


@pytest.fixture
def screen() -> Iterator[tuple[LiveProgress, Console]]:
    """A live display on a terminal of paper, at second 5."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None, highlight=False)
    with LiveProgress(console, clock=lambda: 5.0, animated=False) as live:
        yield live, console


def picture(live: LiveProgress) -> list[str]:
    """Return the lines below the log: the operations under way, and the bar."""
    paper = Console(file=io.StringIO(), width=100, color_system=None)
    paper.print(live._picture())
    text = paper.file
    assert isinstance(text, io.StringIO)
    return [line.strip() for line in text.getvalue().splitlines()]


def test_what_runs_is_listed_above_the_bar(screen: tuple[LiveProgress, Console]) -> None:
    """Each running operation has a line with what it does and for how long."""
    live, _ = screen
    live.show(event(EventKind.WORKFLOW_STARTED, operations=3))
    live.show(event(EventKind.OPERATION_STARTED, "web.a", at=2.0, kind="server_create"))
    live.show(event(EventKind.OPERATION_STARTED, "db", at=1.0, kind="server_create"))
    live.show(event(EventKind.OPERATION_WAITING, "db"))
    first, second, bar = picture(live)
    assert " ".join(first.split()[1:]) == "web.a running server_create 3.0s"
    assert " ".join(second.split()[1:]) == "db waiting 4.0s"
    assert bar.endswith("0/3 done, 2 running 5.0s")


def test_what_has_ended_scrolls_by(screen: tuple[LiveProgress, Console]) -> None:
    """An operation that ended leaves the list, is counted, and stands in the log."""
    live, console = screen
    live.show(event(EventKind.WORKFLOW_STARTED, operations=1))
    live.show(event(EventKind.OPERATION_STARTED, "db", kind="server_create"))
    live.show(event(EventKind.OPERATION_SUCCEEDED, "db"))
    assert [line.split("━ ")[-1] for line in picture(live)] == ["1/1 done, 0 running 5.0s"]
    assert isinstance(console.file, io.StringIO)
    assert " db succeeded" in console.file.getvalue()


def test_many_running_operations_do_not_fill_the_screen(screen: tuple[LiveProgress, Console]) -> None:
    """Ten are listed, the rest is counted."""
    live, _ = screen
    for number in range(25):
        live.show(event(EventKind.OPERATION_STARTED, f"op{number}", kind="command"))
    lines = picture(live)
    assert (len(lines), lines[10]) == (12, "and 15 more")


def test_a_rollback_is_counted_by_itself(screen: tuple[LiveProgress, Console]) -> None:
    """When the undoing begins, counting begins anew, of a number that is not known yet."""
    live, _ = screen
    live.show(event(EventKind.WORKFLOW_STARTED, operations=9))
    live.show(event(EventKind.OPERATION_SUCCEEDED, "db"))
    live.show(event(EventKind.ROLLBACK_STARTED))
    live.show(event(EventKind.OPERATION_COMPENSATED, "db"))
    assert picture(live)[-1].endswith("1/? done, 0 running 5.0s")


def test_words_to_people_stand_above_the_picture(screen: tuple[LiveProgress, Console]) -> None:
    """What is said in between does not tear the display, and says no more than it says."""
    live, console = screen
    live.say("[bold]stopping[/bold]")
    assert isinstance(console.file, io.StringIO)
    assert "[bold]stopping[/bold]" in console.file.getvalue()


def test_in_a_pipe_progress_is_lines_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each event; stdout stays the answer's."""
    with choose_progress(Invocation()) as progress:
        assert isinstance(progress, PlainLines)
        progress.show(event(EventKind.OPERATION_STARTED, "web.a", kind="server_create", provider="local"))
        progress.say("stopping")
    out, err = capsys.readouterr()
    started, said = err.splitlines()
    assert (out, started[8:], said) == ("", " web.a started (server_create on local)", "stopping")


def test_with_json_progress_is_json_lines_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """One compact line for each event, and people's words elsewhere."""
    with choose_progress(Invocation(output=Output.JSON)) as progress:
        assert isinstance(progress, JsonLines)
        progress.show(event(EventKind.OPERATION_SUCCEEDED, "web.a", at=2.0))
        progress.say("stopping")
    out, err = capsys.readouterr()
    expected: Mapping[str, Any] = {
        "sequence": 7,
        "workflow_id": "wf-1",
        "kind": "OperationSucceeded",
        "at": 2.0,
        "operation_id": "web.a",
        "data": {},
    }
    assert (expected, 1, "stopping\n") == (json.loads(out), out.count("\n"), err)


@pytest.mark.parametrize(("terminal", "form"), [("xterm", LiveProgress), ("dumb", PlainLines)])
def test_on_a_terminal_progress_is_live(terminal: str, form: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that can move its cursor gets the live display."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", terminal)
    assert isinstance(choose_progress(Invocation()), form)
