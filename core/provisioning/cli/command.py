"""A command of this house: click's, with the common options in a section of their own."""

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import click

from provisioning.cli.options import CommonOption, common_options

__all__ = ["HouseCommand", "house_command", "write_options"]

P = ParamSpec("P")
R = TypeVar("R")


class HouseCommand(click.Command):
    """A command with the common options. Its callback returns its exit code, or None for "done"."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.params = [*self.params, *common_options()]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then the common ones."""
        write_options(self.get_params(ctx), ctx, formatter)


def write_options(parameters: Sequence[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write two sections of options: the command's own, and those that every command has."""
    sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Common options (before or after the command)": []}
    own, common = sections.values()
    for parameter in parameters:
        record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if record is not None:
            (common if isinstance(parameter, CommonOption) else own).append(record)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def house_command(name: str, **attributes: Any) -> Callable[[Callable[P, R]], click.Command]:
    """Make a function the command `name`: its docstring is the help, the first line of it the short help."""
    return click.command(name, cls=HouseCommand, **attributes)
