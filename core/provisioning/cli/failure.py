"""How a command fails: any exception becomes one error with a hint and an exit code, and no traceback."""

import os
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.answer import document, write_json
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation
from provisioning.narrative.printable import printable

if TYPE_CHECKING:
    from provisioning.errors import ErrorInfo, ProvisioningError

__all__ = ["Failure", "failure_from", "report_failure", "say_error", "say_warning"]


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of an exception: the error as data, the hints for people, and the exit code."""

    error: "ErrorInfo"
    hints: tuple[str, ...]
    exit_code: int


def failure_from(exception: BaseException) -> Failure:
    """Say what an exception means to whoever typed the command."""
    from provisioning.errors import ProvisioningError

    match exception:
        case ProvisioningError():
            return Failure(exception.info(), _hints(exception), exception.exit_code)
        case click.UsageError():
            return _failure("UsageError", exception.format_message(), _usage_hint(exception), ExitCode.USAGE)
        case click.ClickException():
            return _failure(type(exception).__name__, exception.format_message(), None, exception.exit_code)
        case click.Abort() | KeyboardInterrupt():
            return _failure("Interrupted", "interrupted", None, ExitCode.INTERRUPTED)
        case _:
            text = f"internal error: {type(exception).__name__}: {exception}"
            hint = "this is a fault of the program or of an extension; run it again with -v to see where"
            return _failure("InternalError", text, hint, ExitCode.FAILED)


def report_failure(exception: BaseException, invocation: Invocation) -> int:
    """Print the error, as JSON on stdout or for people on stderr, and return the exit code."""
    failure = failure_from(exception)
    if invocation.verbose and not isinstance(exception, click.ClickException | click.Abort):
        click.echo("".join(traceback.format_exception(exception)), err=True, nl=False)
    if invocation.is_json:
        answer = document(invocation, None, status="error", error=failure.error.as_dict())
        write_json(answer, compact=invocation.streams)
    else:
        say_error(failure.error.message, *failure.hints)
    return failure.exit_code


def say_error(message: str, *hints: str) -> None:
    """Print `error: MESSAGE` and the hints on stderr, in colour on a terminal that wants it."""
    _say(click.style("error:", fg="red", bold=True), printable(message, keep="\n"))
    for hint in hints:
        _say(f"  {click.style('hint:', fg='cyan')}", printable(hint))


def say_warning(message: str) -> None:
    """Print `warning: MESSAGE` on stderr, as `say_error` does."""
    _say(click.style("warning:", fg="yellow", bold=True), printable(message))


def _say(label: str, text: str) -> None:
    colour = False if "NO_COLOR" in os.environ or not sys.stderr.isatty() else None
    click.echo(f"{label} {text}", err=True, color=colour)


def _failure(code: str, message: str, hint: str | None, exit_code: int) -> Failure:
    from provisioning.errors import ErrorInfo

    return Failure(ErrorInfo(code, message, hint), (hint,) if hint else (), exit_code)


def _hints(error: "ProvisioningError") -> tuple[str, ...]:
    """Return the error's hint, or those of its problems, each once."""
    problems: tuple[Any, ...] = getattr(error, "problems", ())
    hints = [error.hint, *(problem.hint for problem in problems)]
    return tuple(dict.fromkeys(hint for hint in hints if hint))


def _usage_hint(error: click.UsageError) -> str | None:
    return f"see '{error.ctx.command_path} --help'" if error.ctx else None
