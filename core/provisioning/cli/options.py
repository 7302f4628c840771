"""The common options: they stand before or after the command, at any level, and all mean one `Invocation`."""

import re
from typing import Any

import click

from provisioning.cli.invocation import Invocation, Output

__all__ = ["CommonOption", "common_options", "is_json_asked"]

_OUTPUT = re.compile(r"--output(=(?P<long>.*))?|-v*o=?(?P<short>.*)")


class CommonOption(click.Option):
    """An option that every command has; it goes into the `Invocation`, not to the command."""


def common_options() -> list[click.Parameter]:
    """Return fresh common options for one command."""
    forms = click.Choice([form.value for form in Output])
    return [
        _option("--output", "-o", "output", type=forms, help="The form of the answer."),
        _option("--set", "assignments", metavar="KEY=VALUE", multiple=True, help="Override a setting or inputs.NAME."),
        _option("--env", "environment", metavar="NAME", help="Read config.NAME.toml as well."),
        _option("--workspace", "workspace", type=_directory(), help="Work there, not in the nearest workspace."),
        _option("--extension-path", "extension_paths", type=_directory(), multiple=True, help="Find extensions there."),
        _option("--server", "server", metavar="URL", help="Ask that server; its token is in PROVISIONING_TOKEN."),
        _option("--safe-mode", "safe_mode", is_flag=True, help="Use no extension but those that are bundled."),
        _option("--without", "without", metavar="NAME", multiple=True, help="Leave this extension out."),
        _option("--only", "only", metavar="NAME", multiple=True, help="Use this extension and those that are bundled."),
        _option("--profile-extensions", "profile_extensions", is_flag=True, help="Say how long each extension took."),
        _option("--strict", "strict", is_flag=True, help="Fail when an extension is broken."),
        _option("--log-format", "log_format", type=click.Choice(["text", "json"]), help="Log on stderr in that form."),
        _option("--verbose", "-v", "verbose", is_flag=True, help="Say more, with the traceback of an error."),
    ]


def is_json_asked(arguments: list[str]) -> bool:
    """Say whether the raw arguments ask for JSON: the line itself may be what cannot be parsed."""
    asked = ""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == "--":
            break
        match = _OUTPUT.fullmatch(argument)
        if match:
            asked = match["long"] or match["short"] or following
    return asked == Output.JSON


def _option(*names: str, **attributes: Any) -> CommonOption:
    return CommonOption(names, expose_value=False, is_eager=True, callback=_merge, **attributes)


def _directory() -> click.Path:
    return click.Path(exists=True, file_okay=False)


def _merge(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Put what stood at this level over what stood at the levels above."""
    invocation = context.ensure_object(Invocation)
    match parameter.name:
        case "assignments":
            invocation.assignments += [_split(assignment) for assignment in value]
        case "extension_paths" | "without" | "only" as name:
            getattr(invocation, name).extend(value)
        case "output" if value:
            invocation.output = Output(value)
        case str(name) if value:
            setattr(invocation, name, value)


def _split(assignment: str) -> tuple[str, str]:
    key, equals, value = assignment.partition("=")
    if not equals or not key.strip():
        raise click.BadParameter(f"expected KEY=VALUE, got '{assignment}'.", param_hint="'--set'")
    return key.strip(), value
