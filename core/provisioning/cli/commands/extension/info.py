"""`provisioning extension info`."""

from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_extension
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_fields, show_table

if TYPE_CHECKING:
    from provisioning.app import App
    from provisioning.extensions import ExtensionRecord

__all__ = ["command"]

OPTIONS = ("name", "type", "default", "required", "secret", "description")
PROBLEMS = ("code", "message", "hint")


@house_command("info")
@click.argument("name", shell_complete=complete_extension)
@pass_invocation
def command(invocation: Invocation, name: str) -> None:
    """Show everything that is known of one extension.

    What its manifest says, where it comes from, which options it has and what is configured of them, and what keeps it
    from being used. Where several extensions have the name, each one is shown.
    """
    with invocation.open() as app:
        found = {str(record.origin): _data(app, record) for record in app.registry.named(name)}
    first, *others = found.values()
    give(invocation, {**first, "others": others}, lambda: _show_all(found))


def _data(app: "App", record: "ExtensionRecord") -> dict[str, Any]:
    from provisioning.extensions import options_of

    configured = app.written.shown_as_written("extensions", "options", record.name)
    options = [option.as_dict() for option in options_of(record)]
    return {**record.as_dict(), "options": options, "configured": configured or {}}


def _show_all(found: dict[str, dict[str, Any]]) -> None:
    for place, (origin, data) in enumerate(found.items()):
        if place:
            write_line()
        _show(origin, data)


def _show(origin: str, data: dict[str, Any]) -> None:
    fields = {name: data[name] for name in ("name", "version", "type", "status")}
    fields |= {"origin": origin, "location": data["location"]}
    show_fields({**fields, **_facts(data["manifest"] or {})})
    if data["configured"]:
        write_line()
        show_table(("configured", "value"), list(data["configured"].items()), empty="")
    for rows, headers in ((data["options"], OPTIONS), (data["problems"], PROBLEMS)):
        if rows:
            write_line()
            first = "option" if headers is OPTIONS else "problem"
            show_table((first, *headers[1:]), [[row[header] for header in headers] for row in rows], empty="")


def _facts(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what the manifest says that is worth a line."""
    if not manifest:
        return {}
    needs = manifest["compatibility"]
    facts = {
        "description": manifest["extension"]["description"],
        "default": manifest["extension"]["default"],
        "after": manifest["extension"]["after"],
        **{name: needs[name] for name in ("provisioning", "hook_api", "python", "platforms", "requires", "conflicts")},
        "capabilities": manifest["provider"]["capabilities"],
        "kinds": manifest["workflow"]["operation_kinds"],
        "secrets": manifest["secrets"]["names"],
        "config source": manifest["config_source"]["provides"],
        "engines": manifest["engine"]["types"],
        "stores": manifest["store"]["schemes"],
        "checks": manifest["health"]["checks"],
        "routes": manifest["api"]["routes"],
        "hooks": manifest["hooks"]["implements"],
        "templates": list(manifest["templates"]),
        "commands": [f"provisioning {name}" for name in manifest["commands"]],
    }
    return {name: value for name, value in facts.items() if value}
