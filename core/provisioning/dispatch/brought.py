"""What an extension's plugin brings: asked once, checked, and told whole."""

from collections.abc import Sequence

from provisioning.contract import OperationKind, WorkflowHooks
from provisioning.dispatch.answer import shown
from provisioning.dispatch.hook_set import HookSet

__all__ = ["kinds_of"]

_HOOK = "operation_kinds"


def kinds_of(plugin: object, extension: str) -> Sequence[OperationKind]:
    """Return the operation kinds that a plugin brings; `ExtensionBroken` when it answers anything else."""
    hooks = HookSet(WorkflowHooks, [_HOOK], extension, plugin, subject=f"extension {extension}")
    kinds = [kind for answer in hooks.call(_HOOK) for kind in answer]
    for kind in kinds:
        if not isinstance(kind, OperationKind):
            raise hooks.wrong(_HOOK, shown(kind), "a list of OperationKind")
    return kinds
