"""What the shell offers after TAB: names that only the workspace knows. Whatever goes wrong, it offers nothing."""

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from provisioning.cli.invocation import Invocation

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from provisioning.app import App

__all__ = [
    "complete_command",
    "complete_config_key",
    "complete_extension",
    "complete_provider",
    "complete_schema",
    "complete_workflow_id",
]


def complete_workflow_id(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of the newest runs."""
    return _names(context, incomplete, lambda app: (run.workflow_id for run in app.runs(limit=100)))


def complete_provider(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the provider instances."""
    return _names(context, incomplete, lambda app: (summary.name for summary in app.providers()))


def complete_extension(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the extensions, usable or not."""
    return _names(context, incomplete, lambda app: dict.fromkeys(record.name for record in app.registry.records))


def complete_command(context: click.Context, incomplete: str) -> list["CompletionItem"]:
    """Return the commands that usable extensions bring, each with its line of help."""
    from click.shell_completion import CompletionItem

    helps: dict[str, str] = {}

    def brought(app: "App") -> Iterable[str]:
        ready = (record for record in app.registry.records if record.is_ready)
        helps.update((name, one.help) for record in ready for name, one in record.manifest.commands.items())
        return helps

    return [CompletionItem(name, help=helps[name]) for name in _names(context, incomplete, brought)]


def complete_config_key(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the keys of the configuration."""
    return _names(context, incomplete, lambda app: app.configuration.keys())


def complete_schema(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the published schemas."""
    return _names(context, incomplete, lambda app: app.schemas())


def _names(context: click.Context, incomplete: str, names_in: Callable[["App"], Iterable[str]]) -> list[str]:
    """Return the names that begin as typed; a shell's prompt is no place for an error."""
    invocation = context.find_object(Invocation) or Invocation()
    with contextlib.suppress(Exception), invocation.open(takes_inputs=True) as app:
        return [name for name in names_in(app) if name.startswith(incomplete)]
    return []
