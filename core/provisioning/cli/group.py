"""A group whose commands are imported only when one of them is meant."""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.command import write_options
from provisioning.cli.exits import ExitCode
from provisioning.cli.options import common_options
from provisioning.cli.tree import TREE, Noun

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["LazyGroup", "near"]

PACKAGE = "provisioning.cli.commands"


def near(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the known name that was probably meant, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name, known, n=1)
    return f" Did you mean '{found[0]}'?" if found else ""


class LazyGroup(click.Group):
    """The commands under one path of the tree; `path` is empty for the root."""

    def __init__(self, *args: Any, path: tuple[str, ...] = (), **attributes: Any) -> None:
        attributes["no_args_is_help"] = False
        super().__init__(*args, **attributes)
        self.params = [*self.params, *common_options()]
        self.path = path
        entry = TREE[path[0]] if path else None
        table = entry.verbs if isinstance(entry, Noun) else TREE
        self.lines = {name: line.help if isinstance(line, Noun) else line for name, line in table.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table."""
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command; None when there is no such name."""
        if cmd_name not in self.lines:
            return None
        entry = None if self.path else TREE[cmd_name]
        if isinstance(entry, Noun):
            return LazyGroup(cmd_name, path=(cmd_name,), help=entry.help)
        module = import_module(".".join((PACKAGE, *self.path, cmd_name)))
        found: click.Command = module.command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first argument, or fail with the names that are near it."""
        name = args[0]
        found = self.get_command(ctx, name)
        if found is None and not ctx.resilient_parsing:
            ctx.fail(f"No such command '{name}'.{near(name, self.lines)}")
        return (name if found else None), found, args[1:]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the group's own options; with nothing at all show the help, as a usage error."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first, then the options."""
        self.format_commands(ctx, formatter)
        write_options(self.get_params(ctx), ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table's lines; nothing is imported for them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lines.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """Complete the names of the table, and the options."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=line) for name, line in self.lines.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]
