"""`provisioning extension install`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.answer import give
from provisioning.cli.changes import confirm_own, dry_run_option, say_line, show_steps, tell_steps, warn_of_own
from provisioning.cli.command import house_command
from provisioning.cli.confirmation import yes_option
from provisioning.cli.exits import ExitCode
from provisioning.cli.failure import say_error
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

if TYPE_CHECKING:
    from provisioning.app import Installed, InstallPlan
    from provisioning.extensions import ExtensionRecord

__all__ = ["command"]

NOTHING = "everything is there already"
Complaint = tuple[str, Sequence[str]]
"""What is wrong with what was brought, and what can be done about it."""

HEADERS = ("name", "version", "status", "origin", "problem")


@house_command("install")
@click.argument("requirements", metavar="REQUIREMENT...", nargs=-1, required=True)
@click.option("--upgrade", is_flag=True, help="Take the newest version; replace a folder that is there.")
@click.option("--user", "for_user", is_flag=True, help="Copy a folder for all workspaces of this user.")
@dry_run_option
@yes_option
@pass_invocation
def command(
    invocation: Invocation, requirements: tuple[str, ...], *, upgrade: bool, for_user: bool, dry_run: bool, yes: bool
) -> int:
    """Install extensions, and show what was brought.

    A REQUIREMENT is what pip takes: a name, with a range of versions or without, a wheel, a folder with a
    pyproject.toml, a URL. pip or uv installs it into the environment of this command. The PATH of a folder with an
    extension.toml and no pyproject.toml is copied into extensions/ of the workspace instead.

    What would change is told before it does; where that is something that provisioning itself needs, the command asks.
    """
    with invocation.open() as app:
        plan = app.extensions.plan_install(requirements, upgrade=upgrade, for_user=for_user)
        steps = (*plan.changes, *plan.folders)
        warn_of_own(plan.own)
        if dry_run:
            data = {"plan": plan.as_dict(), "extensions": []}
            give(invocation, data, lambda: show_steps(steps, empty=NOTHING))
            return ExitCode.DONE
        if plan.is_empty:
            say_line(NOTHING)
        tell_steps(steps)
        confirm_own(invocation, plan.own, yes=yes)
        installed = app.extensions.install(plan, say=say_line)
    return _answer(invocation, plan, installed)


def _answer(invocation: Invocation, plan: "InstallPlan", installed: "Installed") -> int:
    complaints = [*map(_without_extension, installed.without_extension), *map(_unusable, installed.unusable)]
    data = {"plan": plan.as_dict(), "extensions": [record.as_dict() for record in installed.records]}
    if not invocation.is_json:
        for message, hints in complaints:
            say_error(message, *hints)
    give(
        invocation,
        data,
        lambda: _show(installed),
        status="error" if complaints else "success",
        error=_error(complaints) if complaints else None,
    )
    return ExitCode.FAILED if complaints else ExitCode.DONE


def _show(installed: "Installed") -> None:
    if installed.records:
        show_table(HEADERS, map(_row, installed.records), empty="")


def _row(record: "ExtensionRecord") -> tuple[str | None, ...]:
    problem = "; ".join(" ".join(problem.message.split()) for problem in record.problems)
    return record.name, record.version, record.status, str(record.origin), problem


def _without_extension(name: str) -> Complaint:
    return f"{name} is installed, and it brings no extension", [f"pip uninstall {name}, or uv pip uninstall {name}"]


def _unusable(record: "ExtensionRecord") -> Complaint:
    reason = record.not_ready()
    hints = [reason.hint, f"or take it away again: provisioning extension uninstall {record.name}"]
    return f"it is installed, and cannot be used: {reason.message}", [hint for hint in hints if hint]


def _error(complaints: Sequence[Complaint]) -> dict[str, Any]:
    messages = [message for message, _ in complaints]
    hints = [hint for _, hints in complaints for hint in hints]
    return {"code": "ExtensionUnusable", "message": "; ".join(messages), "hint": "; ".join(hints)}
