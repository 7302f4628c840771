"""`provisioning server orphans`."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.driving import drive
from provisioning.cli.duration import duration
from provisioning.cli.exits import ExitCode
from provisioning.cli.failure import say_error
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.single import provider_option
from provisioning.cli.table import show_table
from provisioning.contract import RunState
from provisioning.narrative.printable import as_seconds

if TYPE_CHECKING:
    from provisioning.app import App, OrphanReport, Report, Stray

__all__ = ["command"]

HEADERS = ("id", "name", "provider", "standing", "kind", "age", "workflow_id", "operation", "reason")


@house_command("orphans")
@provider_option
@click.option("--older-than", metavar="TIME", type=duration, default="10m", show_default=True, help="Only older ones.")
@click.option("--delete", "deletes", is_flag=True, help="Delete the orphans, each one by a run of its own.")
@yes_option
@pass_invocation
def command(invocation: Invocation, provider: str | None, older_than: float, *, deletes: bool, yes: bool) -> int:
    """List what is ours and no run knows, or delete it.

    Every server, volume, network, key pair and firewall that carries our labels is looked up in the journal, at all
    providers or at one. Those that belong to another journal, to a run that is being driven, or that are too young are
    listed as such and never touched. TIME is such as 90s, 10m or 2d. The exit code is 3 when a provider could not be
    asked, or one not be deleted.
    """
    invocation.streams = deletes
    with invocation.open() as app:
        found = app.orphans(provider=provider, older_than=older_than)
        orphans = found.orphans
        deleted: list[tuple[Stray, Report]] = []
        if deletes and orphans:
            confirm(invocation, _question(orphans), yes=yes)
            deleted = _delete(invocation, app, orphans)
    return _conclude(invocation, found, deleted, wanted=len(orphans) if deletes else 0)


def _question(orphans: Sequence["Stray"]) -> str:
    names = ", ".join(
        f"{stray.words} {stray.found.name} ({stray.found.id} at {stray.found.provider})" for stray in orphans
    )
    return f"Delete for good: {names}?"


def _delete(invocation: Invocation, app: "App", orphans: Sequence["Stray"]) -> list[tuple["Stray", "Report"]]:
    """Delete one after the other, and stop when somebody wants it."""
    deleted = []
    for stray in orphans:
        report = drive(invocation, partial(app.start, stray.deletion()))
        deleted.append((stray, report))
        if report.state is RunState.INTERRUPTED:
            break
    return deleted


def _conclude(
    invocation: Invocation, found: "OrphanReport", deleted: Sequence[tuple["Stray", "Report"]], *, wanted: int
) -> int:
    """Answer with what was found and what became of it, and return the exit code."""
    states = {stray.found.id: report.state for stray, report in deleted}
    problems = [f"{name}: {error.message}" for name, error in found.failures.items()]
    problems += [
        f"{stray.words} {stray.found.id} is not deleted: run {report.workflow_id} {report.state}"
        for stray, report in deleted
        if report.state is not RunState.SUCCEEDED
    ]
    if not invocation.is_json:
        for problem in problems:
            say_error(problem)
    runs = {stray.found.id: report.workflow_id for stray, report in deleted}
    data = {
        "strays": [{**stray.as_dict(), "deleted_by": runs.get(stray.found.id)} for stray in found.strays],
        "failures": {name: error.as_dict() for name, error in found.failures.items()},
    }
    give(
        invocation,
        data,
        lambda: show_table(HEADERS, [_row(stray, states) for stray in found.strays], empty="No orphan."),
        status="error" if problems else "success",
        error={"code": "Incomplete", "message": "; ".join(problems)} if problems else None,
    )
    if RunState.INTERRUPTED in states.values():
        return ExitCode.INTERRUPTED
    if not problems:
        return ExitCode.DONE
    is_nothing_done = len(found.failures) == found.asked or (wanted and RunState.SUCCEEDED not in states.values())
    return ExitCode.FAILED if is_nothing_done else ExitCode.PARTIAL


def _row(stray: "Stray", states: dict[str, RunState]) -> tuple[Any, ...]:
    found, owner = stray.found, stray.ownership
    is_gone = states.get(found.id) is RunState.SUCCEEDED
    standing = "deleted" if is_gone else str(stray.standing)
    age = as_seconds(stray.age)
    first = (found.id, found.name, found.provider, standing, stray.kind)
    return *first, age, owner.workflow_id, owner.operation_id, stray.reason
