"""`command` runs a program, tells what it writes, and leaves nothing of it behind when its time is up."""

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from provisioning.contract import Compensation, CompensationAction, Done
from provisioning.errors import OperationFailed, OperationTimedOut, RunInterrupted
from provisioning_kinds.command import COMMAND, CommandHandler

from .conftest import Bench

PYTHON = sys.executable
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
FAMILY = (
    "import os, signal, subprocess, sys; "
    "child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL); "
    "child.stdout.readline(); print(os.getpid(), child.pid, flush=True); signal.pause()"
)
WAIT = "print('here', flush=True); import signal; signal.pause()"


def python(code: str) -> list[str]:
    """Return a command that runs this code."""
    return [PYTHON, "-c", code]


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and it is more than the memory of one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def are_gone(pids: list[int]) -> bool:
    """Whether these processes end; the system may take a moment to bury one that was killed."""
    deadline = time.monotonic() + 30
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        os.sched_yield()
    return not any(is_alive(pid) for pid in pids)


def run(bench: Bench, code: str, **parameters: object) -> Done:
    """Run some code as a command."""
    done: Done = bench.call("run", bench.operation("command", {"command": python(code), **parameters}))
    return done


class TestRunning:
    """A command that ends by itself."""

    def test_answers_with_what_it_wrote(self, bench: Bench) -> None:
        """Both streams are in the result, and every line is a note."""
        done = run(bench, "import sys; print('one'); print('two'); print('oh', file=sys.stderr)")

        assert done == Done({"exit_status": 0, "stdout": "one\ntwo\n", "stderr": "oh\n"})
        told = [data["text"] for kind, data in bench.notes if data["stream"] == "stdout"]
        assert "\n".join(told) == "one\ntwo"
        assert ("OperationOutput", {"stream": "stderr", "text": "oh"}) in bench.notes

    def test_environment_directory_and_input(self, bench: Bench) -> None:
        """The environment is ours and what is added to it, the directory is the workspace or one in it."""
        (bench.directory / "sub").mkdir()
        code = "import os, sys; print(os.environ['ADDED'], 'PATH' in os.environ, os.getcwd(), sys.stdin.read())"
        done = run(bench, code, env={"ADDED": "yes"}, cwd="sub", stdin="größe")

        assert done.result["stdout"] == f"yes True {(bench.directory / 'sub').resolve()} größe\n"

    def test_without_input_there_is_none(self, bench: Bench) -> None:
        """A command that reads does not wait for a person."""
        assert run(bench, "import sys; print(repr(sys.stdin.read()))").result["stdout"] == "''\n"

    def test_large_input_and_output_do_not_block(self, bench: Bench) -> None:
        """More than a pipe holds goes in and comes out."""
        done = run(bench, "import sys; sys.stdout.write(sys.stdin.read())", stdin="x" * 500_000)

        assert len(done.result["stdout"]) == 65536 + len("\n... 434464 bytes left out ...\n")

    def test_failure_names_program_status_and_last_words(self, bench: Bench) -> None:
        """An exit status other than 0 fails the operation, with what the program said last."""
        with pytest.raises(OperationFailed) as caught:
            run(bench, "import sys; sys.exit('the disk is on fire')")

        assert str(caught.value) == f"operation op: {PYTHON} ended with exit status 1: the disk is on fire"
        assert caught.value.details == {"exit_status": 1, "stderr": "the disk is on fire"}
        assert not caught.value.retryable

    def test_signal_is_named(self, bench: Bench) -> None:
        """A program that was killed says by what."""
        with pytest.raises(OperationFailed) as caught:
            run(bench, "import os; os.kill(os.getpid(), 9)")

        message = f"operation op: {PYTHON} was killed by SIGKILL, and wrote nothing on stderr"
        assert str(caught.value) == message

    def test_unknown_signal_has_its_number(self, bench: Bench) -> None:
        """A signal without a name is told by its number."""
        number = signal.SIGRTMIN + 1
        with pytest.raises(OperationFailed) as caught:
            run(bench, f"import os; os.kill(os.getpid(), {number})")

        assert f"was killed by signal {number}" in str(caught.value)

    def test_unchecked_status_is_a_result(self, bench: Bench) -> None:
        """With `check` off, the exit status is for the document to read."""
        assert run(bench, "raise SystemExit(3)", check=False).result["exit_status"] == 3

    def test_heir_to_the_output_holds_nobody_up(self, bench: Bench) -> None:
        """A process that the command leaves behind may keep the output open; the command has ended all the same."""
        code = (
            "import subprocess, sys; "
            f"child = subprocess.Popen([sys.executable, '-c', {WAIT!r}]); print(child.pid, flush=True)"
        )
        done = run(bench, code)
        heir = int(next(line for line in done.result["stdout"].split() if line.isdigit()))

        try:
            assert is_alive(heir)
        finally:
            os.kill(heir, signal.SIGKILL)

    def test_command_may_close_its_output(self, bench: Bench) -> None:
        """A program that works on with its output closed is waited for."""
        done = run(bench, "import os; print('x', flush=True); os.close(1); os.close(2); os.stat('/'); os._exit(0)")

        assert done.result["stdout"] == "x\n"

    def test_works_without_a_wake_up_at_the_end(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the system cannot wake us at a child's end, it is looked for."""

        def refuse(pid: int) -> int:
            raise OSError("not here")

        monkeypatch.setattr(os, "pidfd_open", refuse, raising=False)

        assert run(bench, "import os; print('x', flush=True); os.close(1); os.close(2)").result["stdout"] == "x\n"


class TestRefusing:
    """A command that cannot be run."""

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"command": ["no-such-program"]}, "cannot run no-such-program: there is no such program"),
            ({"command": ["/etc/passwd"]}, "cannot run /etc/passwd: Permission denied"),
            ({"command": ["a\0b"]}, "cannot run a\0b: embedded null byte"),
            ({"command": ["true"], "env": {"A=B": ""}}, "cannot run true: illegal environment variable name"),
            ({"command": ["true"], "cwd": "/no/such"}, "cannot run true: there is no directory /no/such"),
        ],
    )
    def test_reason_is_told(self, bench: Bench, parameters: dict[str, object], message: str) -> None:
        """The message names the program and the reason, with something to do about it."""
        with pytest.raises(OperationFailed) as caught:
            bench.call("run", bench.operation("command", parameters))

        assert str(caught.value) == f"operation op {message}"
        assert caught.value.hint

    def test_script_without_interpreter_line(self, bench: Bench) -> None:
        """A script that does not say what runs it is refused with a hint."""
        script = bench.directory / "script"
        script.write_text("true\n")
        script.chmod(0o755)

        with pytest.raises(OperationFailed) as caught:
            bench.call("run", bench.operation("command", {"command": [str(script)]}))
        assert str(caught.value) == f"operation op cannot run {script}: Exec format error"
        assert "first line" in str(caught.value.hint)


class TestStopping:
    """A command that is stopped."""

    def test_cancelled_command_ends_with_its_family(self, bench: Bench) -> None:
        """Who cancels a command ends everything that it started."""
        bench.on_note = lambda kind, data: bench.cancellation.cancel()

        with pytest.raises(RunInterrupted) as caught:
            run(bench, FAMILY.format(child=WAIT))
        assert str(caught.value) == "operation op was cancelled"
        pids = [int(pid) for pid in bench.notes[0][1]["text"].split()]
        assert are_gone(pids)

    def test_stubborn_family_is_killed(self, bench: Bench) -> None:
        """Whoever does not heed the request to end is killed when the grace is over."""
        bench.on_note = lambda kind, data: bench.cancellation.cancel()
        kind = replace(COMMAND, handler=CommandHandler(grace=0.05))
        command = python(STUBBORN + FAMILY.format(child=STUBBORN + WAIT))

        with pytest.raises(RunInterrupted):
            bench.call_kind(kind, "run", bench.operation("command", {"command": command}))
        pids = [int(pid) for pid in bench.notes[0][1]["text"].split()]
        assert are_gone(pids)

    def test_time_is_up(self, bench: Bench) -> None:
        """A command that does not end in time is ended, and the operation timed out."""
        bench.deadline = time.monotonic() + 0.2

        with pytest.raises(OperationTimedOut) as caught:
            run(bench, "import signal; signal.pause()")
        assert str(caught.value) == "operation op ran out of time"

    def test_last_words_are_heard(self, bench: Bench) -> None:
        """What a program says when it is asked to end is noted."""
        bench.on_note = lambda kind, data: bench.cancellation.cancel()
        code = (
            "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (print('goodbye'), sys.exit()));"
            "print('hello', flush=True); signal.pause()"
        )

        with pytest.raises(RunInterrupted):
            run(bench, code)
        assert [data["text"] for _, data in bench.notes] == ["hello", "goodbye"]


class TestUndoing:
    """A command with `undo`."""

    def test_undo_is_run_where_the_command_was(self, bench: Bench) -> None:
        """The undo runs in the same directory and environment; the journal learns no more than its program's name."""
        undo = python("import os; print(os.environ['WHO'])")
        operation = bench.operation("command", {"command": ["true"], "undo": undo, "env": {"WHO": "me"}})
        compensation = bench.call("prepare", operation)

        assert compensation == Compensation(CompensationAction.CUSTOM_ACTION, f"run {PYTHON}")
        done = bench.call("compensate", operation, compensation=compensation)
        assert done == Done({"exit_status": 0, "stdout": "me\n", "stderr": ""})

    def test_failed_undo_is_an_error_always(self, bench: Bench) -> None:
        """An undo that fails has not undone anything, whatever `check` says of the command."""
        given = {"command": ["true"], "undo": ["false"], "check": False}

        with pytest.raises(OperationFailed) as caught:
            bench.call("compensate", bench.operation("command", given))
        assert str(caught.value) == "operation op: false ended with exit status 1, and wrote nothing on stderr"

    def test_without_undo_there_is_none(self, bench: Bench) -> None:
        """A command that does not say how it is undone is not."""
        assert bench.call("prepare", bench.operation("command", {"command": ["true"]})) is None
