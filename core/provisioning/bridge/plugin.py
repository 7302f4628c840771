"""A plugin that is a program: kinds of operations, guards and observers, with the hooks that its manifest declares."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisioning.bridge.client import Client, Resources
from provisioning.bridge.description import Description
from provisioning.bridge.fault import Unreadable
from provisioning.bridge.kinds import make_kind
from provisioning.bridge.program import Program
from provisioning.bridge.values import as_decision, extension_document, operation_document
from provisioning.contract import (
    Decision,
    Event,
    ExtensionContext,
    Operation,
    OperationContext,
    OperationKind,
    hookimpl,
)

__all__ = ["PLUGIN_HOOKS", "make_plugin"]


class _ProgramPlugin:
    """The life of a program: it gets its options when the extension is activated, and ends when it is deactivated."""

    def __init__(self, client: Client, description: Description) -> None:
        self._client = client
        self._description = description
        self._surroundings = OperationContext()

    @hookimpl
    def extension_info(self) -> Mapping[str, Any]:
        """Return what the program says of itself."""
        return self._description.info

    @hookimpl
    def extension_activate(self, context: ExtensionContext) -> None:
        """Keep the options and the place for the requests to come."""
        self._client.configure(context.options)
        self._surroundings = _surroundings(context)
        context.on_deactivate(self._client.close)


class _Kinds(_ProgramPlugin):
    @hookimpl
    def operation_kinds(self) -> Sequence[OperationKind]:
        """Return the kinds that the program describes."""
        return [make_kind(kind, self._client) for kind in self._description.kinds]


class _Guard(_ProgramPlugin):
    @hookimpl
    def check_operation(self, operation: Operation, context: OperationContext) -> Decision | None:
        """Ask whether the operation may run."""
        parameters = {"operation": operation_document(operation)}
        return self._client.ask("check_operation", parameters, context, _decision)


class _Observer(_ProgramPlugin):
    @hookimpl
    def on_event(self, event: Event) -> None:
        """Tell the program of an event."""
        context = replace(self._surroundings, workflow_id=event.workflow_id, operation_id=event.operation_id)
        self._client.ask("on_event", {"event": event.as_dict()}, context, _nothing)


class _Validates(_ProgramPlugin):
    @hookimpl
    def extension_validate(self, context: ExtensionContext) -> Sequence[str]:
        """Ask what keeps the extension from working here."""
        self._client.configure(context.options)
        parameters = {"context": extension_document(context)}
        try:
            return self._client.ask("extension_validate", parameters, _surroundings(context), _sentences)
        finally:
            self._client.close()


_PARTS: Mapping[str, type[_ProgramPlugin]] = {
    "operation_kinds": _Kinds,
    "check_operation": _Guard,
    "on_event": _Observer,
    "extension_validate": _Validates,
}

PLUGIN_HOOKS = frozenset({"check_operation", "on_event", "extension_validate"})
"""The hooks that the manifest of a program may declare under `[hooks] implements`."""


def make_plugin(program: Program, description: Description, hooks: Collection[str]) -> object:
    """Return a plugin with these hooks of `PLUGIN_HOOKS`, `operation_kinds` among them for one that brings kinds."""
    parts = tuple(part for hook, part in _PARTS.items() if hook in hooks)
    kind = type("ProgramPlugin", parts or (_ProgramPlugin,), {"__module__": __name__})
    made: object = kind(Client(program, description), description)
    return made


def _surroundings(context: ExtensionContext) -> OperationContext:
    return OperationContext(directory=str(context.directory), logger=context.logger)


def _decision(_resources: Resources, metadata: Mapping[str, Any]) -> Decision:
    return as_decision(metadata)


def _nothing(_resources: Resources, _metadata: Mapping[str, Any]) -> None:
    return None


def _sentences(_resources: Resources, metadata: Mapping[str, Any]) -> Sequence[str]:
    found = metadata.get("problems", [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Unreadable("holds `problems` that are not a list of texts")
    return found
