"""`provisioning journal check`."""

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]


@house_command("check")
@pass_invocation
def command(invocation: Invocation) -> int:
    """Check the whole journal and list every problem.

    The file is checked page by page, and every run by what is legal: its document, its operations, its events, and
    that they tell the same story. The exit code is 1 when something is wrong; nothing is changed.
    """
    with invocation.open() as app:
        care = app.journal_care
        problems = care.check()
    data = {"path": str(care.place), "problems": [problem.as_dict() for problem in problems]}
    rows = [(problem.workflow_id, problem.message) for problem in problems]

    def show() -> None:
        if problems:
            show_table(("workflow_id", "problem"), rows, empty="")
        else:
            write_line(f"{care.place} is sound.")

    message = f"{care.place} has {len(problems)} problems"
    give(
        invocation,
        data,
        show,
        status="error" if problems else "success",
        error={"code": "JournalCorrupt", "message": message} if problems else None,
    )
    if problems:
        click.echo(f"to put what can be read into a new one: {_salvage(invocation, str(care.place))}", err=True)
    return ExitCode.FAILED if problems else ExitCode.DONE


def _salvage(invocation: Invocation, path: str) -> str:
    return invocation.again("journal", "salvage", path, f"{path}.salvaged")
