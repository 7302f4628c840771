"""A command that an extension brings: what is no common option goes through to it, what it raises is told as its."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from provisioning.cli.command import HouseCommand
from provisioning.cli.exits import ExitCode
from provisioning.cli.failure import report_failure
from provisioning.cli.group import LazyGroup, near
from provisioning.cli.invocation import Invocation, pass_invocation

if TYPE_CHECKING:
    from provisioning.app import App, ExtensionCommand

__all__ = ["extension_command"]

HIGHEST = 255


class CommandEnded(click.ClickException):
    """A command of an extension ended the program by itself, as `sys.exit` does."""


def extension_command(name: str) -> click.Command:
    """Return the command `name` of whichever extension brings it, looked for when the whole line has been read."""

    @click.pass_context
    @pass_invocation
    def call(invocation: Invocation, context: click.Context, arguments: Sequence[str]) -> int:
        with invocation.open() as app:
            brought = app.registry.commands()
            if name not in brought:
                _refuse(context.find_root(), name, brought)
            command = app.extensions.command(
                name, output="json" if invocation.is_json else "table", program=context.command_path
            )
            return _as_exit_code(_called(app, command, list(arguments), invocation))

    return HouseCommand(
        name,
        callback=call,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
    )


def _refuse(root: click.Context, name: str, brought: Sequence[str]) -> NoReturn:
    """Fail with the name that was probably meant: one of the built-in commands before those of extensions."""
    built_in = root.command.lines if isinstance(root.command, LazyGroup) else ()
    root.fail(f"No such command '{name}'.{near(name, built_in) or near(name, brought)}")


def _called(app: "App", command: "ExtensionCommand", arguments: list[str], invocation: Invocation) -> int:
    """Call the command and return its exit code; a foreign error becomes one that names the extension."""
    from provisioning.dispatch import described
    from provisioning.errors import ExtensionBroken, ProvisioningError

    subject = f"command {command.name} of extension {command.extension}"
    redact = app.configuration.redactor.redact_text
    defect = f"this is a defect of extension {command.extension}"
    try:
        code = _run(command, arguments)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except (ProvisioningError, click.ClickException, click.Abort, BrokenPipeError, KeyboardInterrupt):
        raise
    except SystemExit as error:
        return _ended(subject, error.code, redact, invocation)
    except BaseException as error:
        message = redact(f"{subject} failed with {described(error)}")
        hint = f"{defect}; run it again with -v to see where"
        raise ExtensionBroken(message, extension=command.extension, hint=hint) from error
    if isinstance(code, int):
        return code
    message = f"{subject} returned {type(code).__name__}, not an exit code"
    hint = f"{defect}: a command returns a whole number, or None for done"
    raise ExtensionBroken(message, extension=command.extension, hint=hint)


def _run(command: "ExtensionCommand", arguments: list[str]) -> Any:
    """Return what the command returned, with 0 for what says that it is done."""
    if not isinstance(command.call, click.Command):
        code = command.call(command.context, arguments)
        return ExitCode.DONE if code is None else code
    with command.call.make_context(command.context.program, arguments, obj=command.context) as context:
        code = command.call.invoke(context)
    return code if isinstance(code, int) else ExitCode.DONE


def _ended(subject: str, code: Any, redact: Callable[[str], str], invocation: Invocation) -> int:
    """Say how a command ended the program, unless that was well; `code` is a number, a text to print, or None."""
    if code is None or code == 0:
        return ExitCode.DONE
    is_number = isinstance(code, int)
    how = f"ended with exit code {code}" if is_number else f"ended: {code}"
    report_failure(CommandEnded(redact(f"{subject} {how}")), invocation)
    return int(code) if is_number else ExitCode.FAILED


def _as_exit_code(code: int) -> int:
    """Return a code that the system can carry: one that it would cut down, to 0 even, is a failure."""
    return code if 0 <= code <= HIGHEST else ExitCode.FAILED
