"""`provisioning config show`."""

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]


@house_command("show")
@pass_invocation
def command(invocation: Invocation) -> None:
    """Show every setting, secrets hidden.

    References are resolved; one that cannot be is shown as it is written, and `config validate` says why.
    """
    with invocation.open() as app:
        configuration = app.configuration
        if invocation.is_json:
            give(invocation, configuration.show(), lambda: None)
            return
        found = [configuration.explain(key) for key in configuration.keys()]  # noqa: SIM118 - no mapping
    rows = [(setting.key, setting.value, setting.layer.label, setting.file) for setting in found]
    show_table(("key", "value", "layer", "file"), rows, empty="No setting.")
