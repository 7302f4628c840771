"""What an extension's plugin brings: asked once, checked, and told whole."""

from collections.abc import Sequence

from provisioning.contract import OperationKind, WorkflowHooks
from provisioning.dispatch.answer import checked_items
from provisioning.dispatch.hook_set import HookSet

__all__ = ["kinds_of"]

_HOOK = "operation_kinds"


def kinds_of(plugin: object, extension: str) -> Sequence[OperationKind]:
    """Return the operation kinds that a plugin brings; `ExtensionBroken` when it answers anything else."""
    hooks = HookSet(WorkflowHooks, [_HOOK], extension, plugin, subject=f"extension {extension}")
    answers = hooks.call(_HOOK) if hooks.has(_HOOK) else ()
    return [kind for answer in answers for kind in checked_items(hooks, _HOOK, answer, OperationKind)]
