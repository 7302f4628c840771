"""Every exception becomes one error, a hint and an exit code."""

import json

import click
import pytest

from provisioning.cli.failure import report_failure
from provisioning.cli.invocation import Invocation, Output
from provisioning.errors import ConfigurationError, Problem, RunInterrupted, Throttling


def told(exception: BaseException, capsys: pytest.CaptureFixture[str], **settings: object) -> tuple[int, str, str]:
    """Return the exit code, stdout and stderr for an exception."""
    code = report_failure(exception, Invocation(**settings))  # type: ignore[arg-type]
    return (code, *capsys.readouterr())


def test_an_error_of_ours_has_its_own_hint_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    """Message and hint go to stderr, the exit code is the error's."""
    error = RunInterrupted("run wf-1 was interrupted", hint="resume it")
    assert told(error, capsys) == (130, "", "error: run wf-1 was interrupted\n  hint: resume it\n")


def test_problems_keep_their_hints(capsys: pytest.CaptureFixture[str]) -> None:
    """Several problems are one error, and each hint is told once."""
    problems = [Problem("a is wrong", "x.toml", 1, hint="mend it"), Problem("b too", "x.toml", 2, hint="mend it")]
    expected = "error: x.toml has 2 problems:\n  x.toml:1: a is wrong\n  x.toml:2: b too\n  hint: mend it\n"
    assert (2, "", expected) == told(ConfigurationError.from_problems("x.toml", problems), capsys)


def test_a_surprise_is_an_internal_error_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """A defect is named, with the way to see more."""
    expected = (
        "error: internal error: ZeroDivisionError: by nought\n"
        "  hint: this is a fault of the program or of an extension; run it again with -v to see where\n"
    )
    assert (1, "", expected) == told(ZeroDivisionError("by nought"), capsys)


def test_with_verbose_the_traceback_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """-v shows where a defect is."""
    _, _, shown = told(ZeroDivisionError("by nought"), capsys, verbose=True)
    assert shown.startswith("ZeroDivisionError: by nought\nerror: internal error: ")


def test_an_interrupt_is_told_in_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C outside a run is no defect."""
    assert told(KeyboardInterrupt(), capsys) == (130, "", "error: interrupted\n")
    assert told(click.Abort(), capsys) == (130, "", "error: interrupted\n")


def test_as_json_the_error_is_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    """With JSON everything is on stdout, and stderr is silent."""
    code, out, err = told(Throttling("slow down"), capsys, output=Output.JSON)
    answer = json.loads(out)
    assert (code, err, answer["status"]) == (1, "", "error")
    assert answer["error"] == {"code": "Throttling", "message": "slow down", "details": {"retryable": True}}


def test_a_message_cannot_write_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """An error may quote a name from anywhere."""
    _, _, shown = told(ConfigurationError("no server \x1b[2J"), capsys)
    assert shown == "error: no server \\x1b[2J\n"
