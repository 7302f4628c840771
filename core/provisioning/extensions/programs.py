"""Extensions that are programs: described when they are loaded, and made the plugins that Python's would be."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioning.bridge import (
    Description,
    Program,
    check_description,
    describe,
    make_command,
    make_plugin,
    make_provider,
)
from provisioning.config import Redactor, looks_secret
from provisioning.dispatch import CAPABILITY_HOOKS, MANDATORY_HOOKS
from provisioning.extensions.entry_point import CommandTarget
from provisioning.extensions.options import secret_keys
from provisioning.extensions.record import ExtensionRecord, Status

__all__ = ["program_command", "program_plugin", "program_provider"]


def program_provider(record: ExtensionRecord, target: CommandTarget) -> Callable[[str, Mapping[str, Any]], object]:
    """Return what makes a configured instance of a provider that is a program.

    Raises `ExtensionBroken` when it does not describe itself, `HookRejected` when it is not what the manifest says.
    """
    capabilities = record.manifest.provider.capabilities
    hooks = list(dict.fromkeys([*MANDATORY_HOOKS, *(hook for name in capabilities for hook in CAPABILITY_HOOKS[name])]))
    program = _program(record, target)
    description = _described(record, program)
    check_description(description, program, hooks=hooks, capabilities=capabilities)

    def make(name: str, config: Mapping[str, Any]) -> object:
        return make_provider(_program(record, target), description, capabilities, name, config)

    return make


def program_plugin(record: ExtensionRecord, target: CommandTarget) -> object:
    """Return the plugin that a program is, with everything that the manifest names it for; raises as the provider's."""
    program = _program(record, target)
    description = _described(record, program)
    hooks = set(record.manifest.hooks.implements or ()) if record.manifest.target("hooks") == target else set()
    brings_kinds = record.manifest.target("workflow") == target
    check_description(description, program, hooks=hooks | (_asked_of(description) if brings_kinds else set()))
    return make_plugin(program, description, hooks | ({"operation_kinds"} if brings_kinds else set()))


def program_command(record: ExtensionRecord, target: CommandTarget, name: str) -> Callable[..., int]:
    """Return the function that a command is which a program carries out."""
    return make_command(_program(record, target), name)


def _asked_of(description: Description) -> set[str]:
    """Return the hooks that will be asked because of the kinds that a program describes."""
    found = {"run_operation"}
    for kind in description.kinds:
        found |= {"prepare_operation"} if kind.prepares else set()
        found |= {"settle_operation"} if kind.settles else set()
        found |= {"compensate_operation"} if kind.compensates else set()
    return found


def _described(record: ExtensionRecord, program: Program) -> Description:
    description = describe(program)
    record.status = Status.ACTIVE
    return description


def _program(record: ExtensionRecord, target: CommandTarget) -> Program:
    assert record.location is not None  # noqa: S101 - it has a manifest
    redactor = Redactor()

    def learn(config: Mapping[str, Any]) -> None:
        redactor.add(list(_secrets(record, config)))

    return Program(
        extension=record.name,
        command=tuple(target.command),
        folder=record.location.absolute(),
        mode=target.mode,
        environment=tuple(target.environment),
        timeout=target.timeout,
        idle=target.idle,
        is_sandboxed=target.sandbox,
        has_network=target.network,
        learn=learn,
        redact=redactor.redact_text,
    )


def _secrets(record: ExtensionRecord, config: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what the schema calls a secret, and what is called like one."""
    for path in secret_keys(record, config):
        value: Any = config
        for part in path:
            value = value[part]
        yield value
    yield from _named_so(config)


def _named_so(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if looks_secret(str(key)):
                yield item
            else:
                yield from _named_so(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named_so(item)
