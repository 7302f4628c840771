"""`provisioning config get`."""

import json

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_config_key
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.errors import ConfigurationError
from provisioning.narrative.printable import printable

__all__ = ["command"]


@house_command("get")
@click.argument("key", shell_complete=complete_config_key)
@pass_invocation
def command(invocation: Invocation, key: str) -> None:
    """Print the value of one setting.

    Text is printed as it is, every other value as JSON. A secret is hidden.
    """
    with invocation.open() as app:
        setting = app.configuration.explain(key)
    if setting.problem is not None:
        raise ConfigurationError.from_problems("the configuration", [setting.problem])
    value = setting.value
    text = printable(value, keep="\n") if isinstance(value, str) else json.dumps(value, default=str)
    give(invocation, value, lambda: write_line(text))
