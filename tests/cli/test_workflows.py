"""Workflows from the command line: planned, run, watched, stopped, resumed and undone."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

TWO = """\
name = "two"
[inputs]
word = "hello"
[outputs]
said = "{{operations.first.result.stdout}}"
[[operations]]
id = "first"
kind = "command"
parameters = { command = ["echo", "{{inputs.word}}"] }
[[operations]]
id = "second"
kind = "file_write"
parameters = { path = "second.txt", content = "{{operations.first.result.stdout}}" }
"""

FAILS = """\
name = "fails"
[[operations]]
id = "made"
kind = "file_write"
parameters = { path = "made.txt", content = "made" }
[[operations]]
id = "broken"
kind = "command"
parameters = { command = ["false"] }
[dependencies]
broken = ["made"]
"""

WAITS = """\
name = "waits"
[[operations]]
id = "waits"
kind = "command"
parameters = { command = ["sh", "-c", "touch begun; while [ ! -e go-on ]; do sleep 0.05; done"], on_doubt = "retry" }
[[operations]]
id = "after"
kind = "file_write"
parameters = { path = "after.txt", content = "after" }
[dependencies]
after = ["waits"]
"""


@pytest.fixture
def run(run_anywhere: Any) -> Any:
    """These commands do the same at a server."""
    return run_anywhere


@pytest.fixture
def documents(workspace: Path) -> Path:
    """A workspace with the documents of these tests."""
    for name, text in (("two", TWO), ("fails", FAILS), ("waits", WAITS)):
        (workspace / f"{name}.toml").write_text(text, encoding="utf-8")
    return workspace


def here(text: str) -> str:
    """Return what was said without the server that was asked."""
    return re.sub(r" --server \S+", "", text)


def last(output: str) -> Any:
    """Return the document that ends JSON lines."""
    return json.loads(output.splitlines()[-1])


@pytest.mark.usefixtures("documents")
class TestPlan:
    """A plan tells everything and changes nothing."""

    def test_the_layers_say_what_will_be_done_and_undone(self, run, documents: Path) -> None:
        """Each operation has what it does, after what, and how it would be undone."""
        before = sorted(documents.iterdir())
        lines = run("workflow", "plan", "two.toml").stdout.splitlines()
        assert lines[:2] == ["two: 2 operations, at most 10 at once", "on failure: rollback"]
        assert lines[3:5] == ["layer 1", "  first: command"]
        assert "layer 2" in lines
        assert "      after: first" in lines
        assert sum(line.startswith("      undo:  ") for line in lines) == 2
        assert before == [path for path in sorted(documents.iterdir()) if path.name != ".provisioning"]

    def test_inputs_are_set_on_the_line(self, run) -> None:
        """An input that the document does not have is refused, as a mistyped one would be ignored."""
        assert "echo" in run("workflow", "plan", "two.toml", "--set", "inputs.word=bye").stdout
        wrong = run("workflow", "plan", "two.toml", "--set", "inputs.wrod=bye")
        assert (wrong.exit_code, "there is no input 'wrod'; did you mean 'word'?" in wrong.stderr) == (2, True)

    def test_as_json_the_plan_is_data(self, run) -> None:
        """A program gets the operations and the layers."""
        data = json.loads(run("-o", "json", "workflow", "plan", "two.toml").stdout)["data"]
        assert data["layers"] == [["first"], ["second"]]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("toml", TWO),
            ("yaml", "name: one\noperations:\n- id: a\n  kind: command\n  parameters: {command: [echo]}\n"),
            (
                "json",
                '{"name": "one", "operations": [{"id": "a", "kind": "command", "parameters": {"command": ["x"]}}]}',
            ),
        ],
    )
    def test_a_document_may_come_from_standard_input(self, name: str, text: str, run) -> None:
        """The format is seen from the text."""
        assert run("workflow", "plan", "-", stdin=text).exit_code == 0, name

    def test_standard_input_that_says_nothing_is_empty(self, run) -> None:
        """Comments are not a document."""
        result = run("workflow", "plan", "-", stdin="# nothing\n\n")
        assert result.exit_code == 2
        assert result.stderr.startswith("error: standard input: is empty\n")

    def test_bad_standard_input_is_named(self, run) -> None:
        """Problems on standard input have their line."""
        result = run("workflow", "plan", "-", stdin="name = = 1")
        assert (result.exit_code, result.stderr.startswith("error: standard input:1: is not valid TOML")) == (2, True)
        binary = run("workflow", "plan", "-", stdin=b"\xff\xfe")
        assert (binary.exit_code, binary.stderr) == (2, "error: standard input: is not UTF-8 text (byte 0)\n")

    def test_a_file_that_is_not_there_is_one_error(self, run) -> None:
        """The error names the file."""
        result = run("workflow", "plan", "nowhere.toml")
        assert (result.exit_code, result.stderr) == (2, "error: nowhere.toml: does not exist\n  hint: check the path\n")


@pytest.mark.usefixtures("documents")
class TestGraph:
    """The graph is drawn by others."""

    def test_a_document_is_drawn(self, run) -> None:
        """Mermaid unless Graphviz is asked for."""
        assert run("workflow", "graph", "two.toml").stdout.startswith("flowchart")
        assert run("workflow", "graph", "two.toml", "--format", "dot").stdout.startswith("digraph")

    def test_a_run_is_drawn(self, run) -> None:
        """The document of a run is in the journal."""
        assert run("workflow", "run", "two.toml", "--workflow-id", "wf-drawn").exit_code == 0
        data = json.loads(run("workflow", "graph", "--run", "wf-drawn", "-o", "json").stdout)["data"]
        assert (data["format"], "first" in data["graph"]) == ("mermaid", True)


@pytest.mark.usefixtures("documents")
class TestRun:
    """A run is watched, and its end is the exit code."""

    def test_a_good_run_is_told_line_by_line(self, run, documents: Path) -> None:
        """Progress stands on stderr, one line of answer on stdout."""
        result = run("workflow", "run", "two.toml", "--workflow-id", "wf-two", "--set", "inputs.word=bye")
        told = [line.split(" ", 1)[1] for line in result.stderr.splitlines()]
        assert (result.exit_code, told[0], told[-1]) == (0, "wf-two workflow started", "wf-two workflow completed")
        assert [line for line in told if line.startswith("first")] == [
            "first started (command)",
            "first | bye",
            "first succeeded",
        ]
        summary, output = result.stdout.splitlines()
        assert summary.startswith("wf-two (two) succeeded in ")
        assert output == "said  bye\\n"
        assert (documents / "second.txt").read_text(encoding="utf-8").strip() == "bye"

    def test_with_json_events_come_line_by_line_and_then_the_answer(self, run) -> None:
        """Every line is a JSON document; the last one is the answer."""
        result = run("workflow", "run", "two.toml", "-o", "json", "--parallelism", "1")
        *events, answer = [json.loads(line) for line in result.stdout.splitlines()]
        assert (result.exit_code, result.stderr, answer["status"]) == (0, "", "success")
        assert (events[0]["kind"], events[-1]["kind"]) == ("WorkflowStarted", "WorkflowCompleted")
        assert (answer["data"]["status"], answer["data"]["result"]["metadata"]["total"]) == ("success", 2)

    def test_a_failure_is_rolled_back(self, run, documents: Path) -> None:
        """Exit code 4: it failed, and everything it did is undone."""
        result = run("workflow", "run", "fails.toml", "--workflow-id", "wf-fails")
        assert result.exit_code == 4
        assert "error: broken: operation broken: false ended with exit status 1" in result.stderr
        assert result.stdout.startswith("wf-fails (fails) rolled back in ")
        assert not (documents / "made.txt").exists()

    def test_a_failure_may_stop_the_run(self, run, documents: Path) -> None:
        """Exit code 1: what was done stays, and the way on and the way back are offered."""
        result = run("workflow", "run", "fails.toml", "--workflow-id", "wf-stop", "--on-failure", "stop")
        assert (result.exit_code, (documents / "made.txt").exists()) == (1, True)
        offers = [
            "to go on: provisioning workflow resume wf-stop",
            "to undo what was done: provisioning workflow rollback wf-stop",
        ]
        assert offers == here(result.stderr).splitlines()[-2:]

    def test_a_failure_may_leave_the_rest(self, run) -> None:
        """Exit code 3: some of it was done."""
        result = run("workflow", "run", "fails.toml", "--on-failure", "continue", "-o", "json")
        answer = last(result.stdout)
        assert (result.exit_code, answer["status"], answer["data"]["status"]) == (3, "error", "partial")
        assert [failure["operation"] for failure in answer["error"]["details"]["failures"]] == ["broken"]

    def test_a_bad_document_is_not_run(self, run, documents: Path) -> None:
        """Exit code 2, every problem at once, and no run in the journal."""
        (documents / "bad.toml").write_text(TWO.replace("command", "comand").replace("echo", "ecco"), encoding="utf-8")
        result = run("workflow", "run", "bad.toml")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "comand" in result.stderr
        assert run("workflow", "list").stderr == "No run.\n"


@pytest.mark.usefixtures("documents")
class TestLook:
    """What happened can be read later."""

    @pytest.fixture(autouse=True)
    def ran(self, run, documents: Path) -> None:
        """One run that went well, and one that did not."""
        run("workflow", "run", "two.toml", "--workflow-id", "wf-good")
        run("workflow", "run", "fails.toml", "--workflow-id", "wf-bad")

    def test_runs_are_listed_newest_first(self, run) -> None:
        """One line each, by state if wanted."""
        _, *lines = run("workflow", "list").stdout.splitlines()
        assert [line.split()[:3] for line in lines] == [
            ["wf-bad", "fails", "rolled_back"],
            ["wf-good", "two", "succeeded"],
        ]
        data = json.loads(run("workflow", "list", "--state", "succeeded", "-o", "json").stdout)["data"]
        assert [record["workflow_id"] for record in data] == ["wf-good"]
        assert len(run("workflow", "list", "--limit", "1").stdout.splitlines()) == 2

    def test_status_lists_the_operations(self, run) -> None:
        """Each with its kind, state, attempt, time and error; asking is no failure."""
        result = run("workflow", "status", "wf-bad")
        head, header, *lines = result.stdout.splitlines()
        assert (result.exit_code, head.startswith("wf-bad (fails) rolled back in ")) == (0, True)
        assert header.split() == ["OPERATION", "KIND", "PROVIDER", "STATE", "ATTEMPT", "TOOK", "ERROR"]
        assert [line.split()[0] for line in lines] == ["made", "broken"]

    def test_status_as_json_has_the_checkpoint(self, run) -> None:
        """The report, the operations and the checkpoint, in one document."""
        data = json.loads(run("workflow", "status", "wf-good", "-o", "json").stdout)["data"]
        assert (data["run"]["state"], data["checkpoint"]["workflow_id"]) == ("succeeded", "wf-good")
        assert [operation["id"] for operation in data["operations"]] == ["first", "second"]

    def test_status_of_a_long_run_shows_what_began_last(self, run) -> None:
        """What is left out is told; the checkpoint names all operations, and is left out with them."""
        result = run("workflow", "status", "wf-good", "--limit", "1")
        assert [line.split()[0] for line in result.stdout.splitlines()[2:]] == ["second"]
        assert result.stderr == "1 older operation is left out: --limit 0 shows all.\n"
        data = json.loads(run("workflow", "status", "wf-good", "--limit", "1", "-o", "json").stdout)["data"]
        assert ([one["id"] for one in data["operations"]], data["left_out"], data["checkpoint"]) == (
            ["second"],
            1,
            None,
        )
        everything = run("workflow", "status", "wf-good", "--limit", "0")
        assert (len(everything.stdout.splitlines()), everything.stderr) == (4, "")

    def test_logs_of_a_long_run_end_with_the_newest(self, run) -> None:
        """The newest events are printed in their order; what is left out is told, and only with a limit."""
        everything = run("workflow", "logs", "wf-good", "--limit", "0").stdout.splitlines()
        newest = run("workflow", "logs", "wf-good", "--limit", "2", "-f")
        assert everything[-2:] == newest.stdout.splitlines()
        left_out = f"{len(everything) - 2} older events are left out: --limit 0 shows all.\n"
        assert left_out == newest.stderr
        data = json.loads(run("workflow", "logs", "wf-good", "--limit", "2", "-o", "json").stdout)["data"]
        assert [event["kind"] for event in data] == ["OperationSucceeded", "WorkflowCompleted"]
        assert run("workflow", "logs", "wf-good", "--limit", str(len(everything))).stderr == ""

    def test_logs_are_the_events_of_one_run(self, run) -> None:
        """Following a run that is over ends at once."""
        for line in (("workflow", "logs", "wf-good"), ("workflow", "logs", "wf-good", "-f")):
            lines = run(*line).stdout.splitlines()
            assert (lines[0][9:], lines[-1][9:]) == ("wf-good workflow started", "wf-good workflow completed")
        assert run("workflow", "logs", "wf-good", "-o", "json").exit_code == 0

    def test_events_are_those_of_all_runs(self, run) -> None:
        """Each line names its run; --after leaves out what was read before."""
        everything = json.loads(run("events", "-o", "json").stdout)["data"]
        assert {"wf-good", "wf-bad"} == {event["workflow_id"] for event in everything}
        later = json.loads(run("events", "--after", str(everything[2]["sequence"]), "-o", "json").stdout)["data"]
        assert everything[3:] == later
        assert any(" wf-good first started (command)" in line for line in run("events").stdout.splitlines())
        lines = run("events", "wf-bad", "--follow", "-o", "json").stdout.splitlines()
        assert {"wf-bad"} == {json.loads(line)["workflow_id"] for line in lines}

    @pytest.mark.parametrize(
        "line",
        [
            ("workflow", "status", "wf-none"),
            ("workflow", "logs", "wf-none"),
            ("workflow", "resume", "wf-none"),
            ("workflow", "rollback", "wf-none", "--yes"),
            ("workflow", "cancel", "wf-none"),
            ("workflow", "graph", "--run", "wf-none"),
            ("events", "wf-none"),
        ],
    )
    def test_a_run_that_is_not_there_is_one_error(self, line: tuple[str, ...], run) -> None:
        """Exit code 2, with the id that nobody knows."""
        result = run(*line)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error: ")
        assert "wf-none" in result.stderr


@pytest.mark.usefixtures("documents")
class TestUndo:
    """What was done can be undone."""

    def test_a_rollback_undoes_a_good_run(self, run, documents: Path) -> None:
        """Exit code 0: everything is undone, as was asked; twice is a conflict."""
        assert run("workflow", "run", "two.toml", "--workflow-id", "wf-two").exit_code == 0
        result = run("workflow", "rollback", "wf-two", "--yes")
        assert (result.exit_code, result.stdout.startswith("wf-two (two) rolled back in ")) == (0, True)
        assert not (documents / "second.txt").exists()
        again = run("workflow", "rollback", "wf-two", "--yes")
        assert (again.exit_code, again.stderr) == (2, "error: run wf-two is rolled back already\n")

    def test_an_operation_can_be_left(self, run, documents: Path) -> None:
        """--skip leaves what the operation did."""
        assert run("workflow", "run", "two.toml", "--workflow-id", "wf-two").exit_code == 0
        result = run("workflow", "rollback", "wf-two", "--yes", "--skip", "second", "-o", "json")
        assert (result.exit_code, (documents / "second.txt").exists()) == (0, True)
        assert [left["operation"] for left in last(result.stdout)["data"]["result"]["metadata"]["left"]] == ["second"]

    def test_without_a_yes_nothing_is_undone(self, run) -> None:
        """Where nobody can be asked, --yes is needed."""
        assert run("workflow", "run", "two.toml", "--workflow-id", "wf-two").exit_code == 0
        assert run("workflow", "rollback", "wf-two").exit_code == 2
        assert run("workflow", "cancel", "wf-two", "--rollback").exit_code == 2

    def test_what_cannot_be_undone_is_listed(self, run, documents: Path) -> None:
        """Exit code 5: the rollback goes on past a failure, says what is left, and offers to be repeated."""
        text = TWO.replace('"{{inputs.word}}"] }', '"{{inputs.word}}"], undo = ["false"] }')
        (documents / "stuck.toml").write_text(text, encoding="utf-8")
        assert run("workflow", "run", "stuck.toml", "--workflow-id", "wf-stuck").exit_code == 0
        result = run("workflow", "rollback", "wf-stuck", "--yes")
        assert result.exit_code == 5
        assert result.stdout.startswith("wf-stuck (two) rollback failed in ")
        why = "operation first: false ended with exit status 1, and wrote nothing on stderr"
        assert f"left behind: first: run false ({why})\n" in result.stderr
        assert here(result.stderr).endswith(
            "to try again what is left: provisioning workflow rollback wf-stuck --retry\n"
        )
        assert not (documents / "second.txt").exists()

    def test_what_is_left_can_be_retried_or_skipped(self, run, documents: Path) -> None:
        """--retry goes on with a rollback that has failed, and with no other run."""
        text = TWO.replace('"{{inputs.word}}"] }', '"{{inputs.word}}"], undo = ["ls", "mended"] }')
        (documents / "stuck.toml").write_text(text, encoding="utf-8")
        assert run("workflow", "run", "stuck.toml", "--workflow-id", "wf-stuck").exit_code == 0
        refused = run("workflow", "rollback", "wf-stuck", "--retry", "--yes")
        assert (refused.exit_code, refused.stderr) == (
            2,
            (
                "error: run wf-stuck has no failed rollback to retry: it is succeeded\n"
                "  hint: `provisioning workflow rollback wf-stuck` undoes it\n"
            ),
        )
        assert (documents / "second.txt").exists()
        assert run("workflow", "rollback", "wf-stuck", "--yes").exit_code == 5
        resumed = run("workflow", "resume", "wf-stuck")
        assert resumed.exit_code == 2
        assert "`provisioning workflow rollback wf-stuck --retry` tries again to undo what is left" in resumed.stderr
        assert run("workflow", "rollback", "wf-stuck", "--retry", "--yes").exit_code == 5
        (documents / "mended").touch()
        assert run("workflow", "rollback", "wf-stuck", "--retry", "--yes").exit_code == 0

    def test_what_cannot_be_undone_is_left_when_somebody_says_so(self, run, documents: Path) -> None:
        """Then the rollback is through, and still says what is there."""
        text = TWO.replace('"{{inputs.word}}"] }', '"{{inputs.word}}"], undo = ["false"] }')
        (documents / "stuck.toml").write_text(text, encoding="utf-8")
        assert run("workflow", "run", "stuck.toml", "--workflow-id", "wf-stuck").exit_code == 0
        assert run("workflow", "rollback", "wf-stuck", "--yes").exit_code == 5
        result = run("workflow", "rollback", "wf-stuck", "--retry", "--skip", "first", "--yes", "-o", "json")
        assert result.exit_code == 0
        assert last(result.stdout)["data"]["result"]["metadata"]["left"] == [
            {"operation": "first", "what": "run false", "why": "it was to be left as it is"}
        ]

    def test_a_failure_can_be_kept_for_a_look(self, run, documents: Path) -> None:
        """--no-rollback undoes nothing, whatever the document says; it contradicts a wish to roll back."""
        text = TWO.replace('kind = "command"', 'kind = "command"\non_failure = "rollback"')
        text += '\n[[operations]]\nid = "third"\nkind = "command"\nparameters = { command = ["false"] }\n'
        text += '[dependencies]\nthird = ["second"]\n'
        (documents / "three.toml").write_text(text, encoding="utf-8")
        result = run("workflow", "run", "three.toml", "--workflow-id", "wf-kept", "--no-rollback")
        assert result.exit_code == 1
        assert (documents / "second.txt").exists()
        assert "to undo what was done: provisioning workflow rollback wf-kept\n" in here(result.stderr)
        both = run("workflow", "run", "three.toml", "--no-rollback", "--on-failure", "rollback")
        assert both.exit_code == 2
        assert "--no-rollback and --on-failure rollback contradict each other." in both.stderr

    def test_a_run_that_has_ended_cannot_be_cancelled(self, run) -> None:
        """There is nothing left to stop."""
        assert run("workflow", "run", "two.toml", "--workflow-id", "wf-two").exit_code == 0
        assert run("workflow", "cancel", "wf-two").exit_code == 2


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a file is there; fail when the process ends without it."""
    import time

    while not path.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a line in a process of its own; what is left of it is killed after the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "provisioning", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


class TestSignals:
    """A run can be stopped from outside, and goes on later."""

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_the_first_signal_stops_in_good_order(self, number: signal.Signals, run, start, documents: Path) -> None:
        """What is in flight is recorded, nothing more is started, and resuming finishes the run."""
        process = start("workflow", "run", "waits.toml", "--workflow-id", "wf-waits")
        wait_for(documents / "begun", process)
        process.send_signal(number)
        (documents / "go-on").touch()
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out.startswith("wf-waits (waits) interrupted in ")) == (130, True)
        assert f"{number.name}: nothing more is started, what is in flight is being recorded" in err
        assert "to go on: provisioning workflow resume wf-waits\n" in err
        assert not (documents / "after.txt").exists()
        resumed = run("workflow", "resume", "wf-waits")
        assert (resumed.exit_code, (documents / "after.txt").exists()) == (0, True)

    def test_a_second_signal_exits_at_once(self, run, start, documents: Path) -> None:
        """The process is gone while its operation still waits; the run can be resumed all the same."""
        process = start("workflow", "run", "waits.toml", "--workflow-id", "wf-waits")
        wait_for(documents / "begun", process)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "SIGINT" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        (documents / "go-on").touch()
        assert process.returncode == 130

    def test_a_run_is_cancelled_from_elsewhere(self, run, start, documents: Path) -> None:
        """`cancel` asks, the process that drives the run stops it."""
        process = start("workflow", "run", "waits.toml", "--workflow-id", "wf-waits")
        wait_for(documents / "begun", process)
        asked = run("workflow", "cancel", "wf-waits", "-o", "json")
        assert (asked.exit_code, json.loads(asked.stdout)["status"]) == (0, "pending")
        (documents / "go-on").touch()
        process.communicate(timeout=60)
        assert process.returncode in (0, 130)

    def test_a_reader_that_goes_away_stops_the_run(self, run, start, documents: Path) -> None:
        """`| head` does not leave a run going that nobody watches."""
        process = start("workflow", "run", "waits.toml", "--workflow-id", "wf-waits", "-o", "json")
        wait_for(documents / "begun", process)
        assert process.stdout is not None
        process.stdout.close()
        (documents / "go-on").touch()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
        assert process.wait(60) == 1
        assert run("workflow", "status", "wf-waits").stdout.split()[2] in ("interrupted", "succeeded")

    def test_following_all_events_ends_with_ctrl_c(self, run, start, documents: Path) -> None:
        """Ctrl-C is how following ends: no error is told, the exit code says it."""
        process = start("events", "--follow")
        assert run("workflow", "run", "two.toml").exit_code == 0
        assert process.stdout is not None
        assert "workflow started" in process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (130, "")


def test_a_plan_names_every_place(run, workspace: Path) -> None:
    """Where an operation is tried, and where else when there is no room."""
    operation = '[[operations]]\nid = "a"\nkind = "server_create"\nparameters = { name = "a" }\n'
    (workspace / "x.toml").write_text(f'name = "t"\n{operation}provider = "local"\nzones = ["local-a", "local-b"]\n')
    assert (
        "  a: server_create on local zone local-a, else local zone local-b\n"
        in run("workflow", "plan", "x.toml").stdout
    )
