"""The root of the command: `provisioning` itself, and the one place where every exception ends."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from provisioning._version import __version__
from provisioning.cli.exits import ExitCode
from provisioning.cli.group import LazyGroup
from provisioning.cli.invocation import Invocation, Output
from provisioning.cli.options import is_json_asked

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["PROGRAM", "root"]

PROGRAM = "provisioning"

EPILOG = (
    "Extensions bring further commands: 'provisioning extension info NAME' shows those of one, and 'provisioning"
    " extension list' the extensions."
    "\n\nExit codes: 0 done, 1 failed, 2 bad usage or input, 3 partial, 4 rolled back, 5 rollback failed, 130"
    " interrupted."
)


class RootGroup(LazyGroup):
    """The root group: it runs a whole command line and ends the process with the command's exit code."""

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,  # noqa: ARG002
        **extra: Any,
    ) -> NoReturn:
        """Run one command line, report what goes wrong, and exit; raises nothing but SystemExit."""
        arguments = list(sys.argv[1:] if args is None else args)
        invocation: Invocation = extra.setdefault("obj", Invocation())
        extra["standalone_mode"] = False
        code = self._run(arguments, invocation, extra)
        if invocation.opened:
            from provisioning.cli.profile import say_profile

            say_profile(invocation.opened)
        sys.exit(code)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a built-in command; any other word is left to the extensions."""
        if args[0] in self.lines:
            return super().resolve_command(ctx, args)
        from provisioning.cli.extension_command import extension_command

        return args[0], extension_command(args[0]), args[1:]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """Complete the built-in names and the options, and the names that extensions bring."""
        from provisioning.cli.completions import complete_command

        return [*super().shell_complete(ctx, incomplete), *complete_command(ctx, incomplete)]

    def _run(self, arguments: list[str], invocation: Invocation, extra: dict[str, Any]) -> int:
        """Run one command line and return its exit code."""
        try:
            _check_text(arguments)
            code = super().main(arguments, PROGRAM, **extra)
            return code if isinstance(code, int) else ExitCode.DONE
        except BrokenPipeError:
            return _leave_quietly()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - this is where all of them end
            return _report(error, arguments, invocation)


def _check_text(arguments: list[str]) -> None:
    """Raise a usage error for an argument that is not UTF-8: the journal and JSON could not hold it."""
    for place, argument in enumerate(arguments, start=1):
        if any("\ud800" <= char <= "\udfff" for char in argument):
            shown = os.fsencode(argument).decode("utf-8", "backslashreplace")
            raise click.UsageError(f"argument {place} is not UTF-8 text: {shown}")


def _report(error: BaseException, arguments: list[str], invocation: Invocation) -> int:
    """Report an error, whatever state the output is in."""
    from provisioning.cli.answer import Unwritable
    from provisioning.cli.failure import report_failure

    if is_json_asked(arguments):
        invocation.output = Output.JSON
    try:
        code = report_failure(error, invocation)
        return _leave_quietly() if isinstance(error, Unwritable) else code
    except BrokenPipeError:
        return _leave_quietly()
    except Unwritable as unwritable:
        invocation.output = Output.TABLE
        report_failure(unwritable, invocation)
        return _leave_quietly()


def _leave_quietly() -> int:
    """Let go of an output that cannot be written, so that nothing tries again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return ExitCode.FAILED


@click.command(PROGRAM, cls=RootGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s", prog_name=PROGRAM)
def root() -> None:
    """Create and destroy servers on any cloud.

    Kill it anywhere: nothing leaks, nothing doubles, and it undoes what it did.
    """
