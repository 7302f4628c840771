"""`provisioning journal prune`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.duration import duration
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table
from provisioning.contract import RunState
from provisioning.narrative.printable import as_time

if TYPE_CHECKING:
    from provisioning.store import Candidate

__all__ = ["command"]

HEADERS = ("workflow_id", "name", "state", "operations", "events", "updated", "holds")
ENDED = [state.value for state in RunState if not state.is_active]


def _states(text: str) -> list[RunState]:
    """Read names of states with commas between them; raise a usage error for one in which a run has not ended."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in ENDED:
            raise click.BadParameter(f"'{name}' is not one of {', '.join(ENDED)}.")
    return [RunState(name) for name in names]


@house_command("prune")
@click.option(
    "--older-than", metavar="TIME", type=duration, required=True, help="Runs that nothing happened to for that long."
)
@click.option("--keep", metavar="N", type=click.IntRange(min=0), default=0, help="Keep the newest N runs in any case.")
@click.option(
    "--state",
    "states",
    metavar="STATE[,STATE]",
    type=_states,
    default="succeeded,rolled_back",
    show_default=True,
    help="Only runs in one of these states.",
)
@click.option("--holding", is_flag=True, help="Forget also runs that hold something; it stays, and nobody knows of it.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@yes_option
@pass_invocation
def command(
    invocation: Invocation,
    older_than: float,
    keep: int,
    states: list[RunState],
    *,
    holding: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Forget old runs that are over and hold nothing.

    A run holds what it created and nobody is known to have deleted, and what is still in doubt or could not be
    undone. A run that is forgotten can be neither shown nor rolled back any more. TIME is such as 30d, 12h or 90m.
    """
    with invocation.open() as app:
        care = app.journal_care
        found = care.candidates(older_than, states=states, keep=keep)
        going = [candidate for candidate in found if holding or not candidate.holds]
        kept = [candidate for candidate in found if candidate not in going]
        if going and not dry_run:
            confirm(invocation, _question(going), yes=yes)
            going = list(care.forget(going))
    data = {
        "dry_run": dry_run,
        "forgotten": [candidate.as_dict() for candidate in going],
        "kept": [candidate.as_dict() for candidate in kept],
    }
    give(invocation, data, lambda: _show(going, kept, dry_run=dry_run))


def _question(going: Sequence["Candidate"]) -> str:
    runs = "1 run" if len(going) == 1 else f"{len(going)} runs"
    holders = sum(bool(candidate.holds) for candidate in going)
    return f"Forget {runs} for good{f', {holders} of which hold something' if holders else ''}?"


def _show(going: Sequence["Candidate"], kept: Sequence["Candidate"], *, dry_run: bool) -> None:
    if going:
        write_line("would be forgotten:" if dry_run else "forgotten:")
    show_table(HEADERS, [_row(candidate) for candidate in going], empty="No run to forget.")
    if kept:
        write_line("kept, because they hold something:")
        show_table(HEADERS, [_row(candidate) for candidate in kept], empty="")


def _row(candidate: "Candidate") -> tuple[object, ...]:
    run = candidate.run
    holds = "; ".join(candidate.holds)
    return run.workflow_id, run.name, run.state, run.total, run.events, as_time(run.updated_at), holds
