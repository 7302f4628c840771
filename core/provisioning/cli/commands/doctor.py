"""`provisioning doctor`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

if TYPE_CHECKING:
    from provisioning.app import Doctor, Finding

__all__ = ["command"]

HEADERS = ("check", "status", "message", "hint")


@house_command("doctor")
@click.argument("checks", metavar="[CHECK]...", nargs=-1)
@click.option("--fix", is_flag=True, help="Mend what failed and can be mended, then look again.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="Seconds for a check.")
@yes_option
@pass_invocation
def command(invocation: Invocation, checks: tuple[str, ...], *, fix: bool, timeout: float, yes: bool) -> int:
    """Look for what is wrong with the machine, the workspace and the extensions, and mend it.

    Each CHECK is given by its id; without any, all are made, those of extensions too. Each is made by itself: one
    that fails or hangs keeps no other from being made. The exit code is 1 when something does not work.
    """
    from provisioning.app import Doctor

    with Doctor(invocation.open, patience=timeout) as doctor:
        found = [doctor.examine(check) for check in doctor.ids(checks)]
        if fix:
            found = [_mended(invocation, doctor, finding, yes=yes) for finding in found]
    bad = [finding.id for finding in found if finding.is_failed]
    give(
        invocation,
        [finding.as_dict() for finding in found],
        lambda: show_table(HEADERS, [_row(finding) for finding in found], empty="Nothing was looked at."),
        status="error" if bad else "success",
        error={"code": "CheckFailed", "message": f"something is wrong with: {', '.join(bad)}"} if bad else None,
    )
    return ExitCode.FAILED if bad else ExitCode.DONE


def _mended(invocation: Invocation, doctor: "Doctor", finding: "Finding", *, yes: bool) -> "Finding":
    if not doctor.can_mend(finding):
        return finding
    if doctor.destroys(finding):
        question = f"{finding.id}: {finding.message}. Mending it takes something away. Go on?"
        try:
            confirm(invocation, question, yes=yes)
        except click.ClickException as refused:  # what the other checks found is told all the same
            return replace(finding, hint=refused.format_message())
    return doctor.mend(finding)


def _row(finding: "Finding") -> tuple[str | None, ...]:
    message = finding.message if finding.fixed is None else f"{finding.message} (fixed: {finding.fixed})"
    return finding.id, finding.status, " ".join(message.split()), finding.hint
