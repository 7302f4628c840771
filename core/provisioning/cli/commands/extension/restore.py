"""`provisioning extension restore`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.changes import dry_run_option, say_line, show_steps, tell_steps, warn_of_own
from provisioning.cli.command import house_command
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.exits import ExitCode
from provisioning.cli.failure import say_error
from provisioning.cli.invocation import Invocation, pass_invocation

if TYPE_CHECKING:
    from provisioning.app import RestorePlan
    from provisioning.extensions import Frozen

__all__ = ["command"]


@house_command("restore")
@click.argument("file", type=click.Path())
@click.option("--prune", is_flag=True, help="Uninstall extension packages that are not in the file.")
@dry_run_option
@yes_option
@pass_invocation
def command(invocation: Invocation, file: str, *, prune: bool, dry_run: bool, yes: bool) -> int:
    """Bring back the extensions that were frozen.

    Packages that are missing or of another version are installed, by pip or uv, and extensions are enabled and disabled
    as FILE says, in config.user.toml. A folder that is missing or has changed is nobody's to fetch: it is told, and the
    exit code is 1. What will be done is told first, and the command asks; a second time it finds nothing to do.
    """
    from provisioning.extensions import read_frozen

    frozen = read_frozen(file)
    with invocation.open() as app:
        plan = app.extensions.plan_restore(frozen, prune=prune)
        warn_of_own(plan.install.own)
        for note in plan.notes:
            say_line(note)
        if dry_run or plan.is_empty:
            return _answer(invocation, plan, plan.unmended, lambda: show_steps(plan.steps, empty="nothing to do"))
        tell_steps(plan.steps)
        confirm(invocation, f"Change the extensions to what {file} says?", yes=yes)
        app.extensions.restore(plan, say=say_line)
    return _answer(invocation, plan, _left(invocation, frozen, prune=prune), lambda: write_line("restored"))


def _left(invocation: Invocation, frozen: "Frozen", *, prune: bool) -> tuple[str, ...]:
    """Return what still is not as it was frozen, when the workspace is opened again."""
    with invocation.open() as app:
        rest = app.extensions.plan_restore(frozen, prune=prune)
    return (*(f"something else stands against this: {step}" for step in rest.steps), *rest.unmended)


def _answer(invocation: Invocation, plan: "RestorePlan", left: tuple[str, ...], show: Callable[[], None]) -> int:
    if not invocation.is_json:
        for message in left:
            say_error(message)
    give(
        invocation,
        {**plan.as_dict(), "left": list(left)},
        show,
        status="error" if left else "success",
        error={"code": "NotRestored", "message": "; ".join(left)} if left else None,
    )
    return ExitCode.FAILED if left else ExitCode.DONE
