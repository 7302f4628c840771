"""`provisioning extension enable`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_extension
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.switched import answer_switched

__all__ = ["command"]


@house_command("enable")
@click.argument("name", shell_complete=complete_extension)
@click.option("--user", "for_user", is_flag=True, help="For all workspaces of this user, not for this one.")
@pass_invocation
def command(invocation: Invocation, name: str, *, for_user: bool) -> None:
    """Use an extension, from the next command on.

    It is taken out of extensions.disabled; one that is off by default is put into extensions.enabled.
    That is written into config.user.toml of the workspace, or into the user's own file; whatever else stands there
    stays, comments too.
    """
    with invocation.open() as app:
        path = app.extensions.enable(name, for_user=for_user)
    answer_switched(invocation, name, path, is_on=True)
