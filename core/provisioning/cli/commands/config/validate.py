"""`provisioning config validate`."""

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.errors import ConfigurationError

__all__ = ["command"]


@house_command("validate")
@pass_invocation
def command(invocation: Invocation) -> None:
    """Check the whole configuration and list every problem.

    Every layer is checked, every reference is followed, and the options of extensions and providers are held to their
    schemas. The exit code is 2 when there is a problem.
    """
    with invocation.open() as app:
        problems = app.problems()
        layers = [layer.layer.label for layer in app.configuration.layers]
    if problems:
        raise ConfigurationError.from_problems("the configuration", problems)
    give(invocation, {"layers": layers, "problems": []}, lambda: write_line("The configuration is valid."))
