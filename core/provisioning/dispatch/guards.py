"""Those who may forbid an operation: each asked in turn, and a failure to answer counts as no."""

from collections.abc import Mapping, Sequence

from provisioning.contract import Decision, Operation, OperationContext, WorkflowHooks
from provisioning.dispatch.answer import shown
from provisioning.dispatch.hook_set import HookSet, Wrapper, described
from provisioning.dispatch.times import Times
from provisioning.errors import ProvisioningError

__all__ = ["Guards"]

_HOOK = "check_operation"
_ALLOW = Decision.allow()


class Guards:
    """The guards among `plugins` (an extension's name and its plugin each), in their order; false without any."""

    def __init__(self, plugins: Sequence[Wrapper] = (), times: Mapping[str, Times] | None = None) -> None:
        sets = [
            HookSet(WorkflowHooks, (_HOOK,), name, plugin, subject=f"extension {name}", times=times)
            for name, plugin in plugins
        ]
        self._guards = tuple(hooks for hooks in sets if hooks.has(_HOOK))

    def __bool__(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self._guards)

    def check(self, operation: Operation, context: OperationContext) -> Decision:
        """Ask the guards until one denies; the reason of a denial names its extension. Never raises."""
        for guard in self._guards:
            decision = _asked(guard, operation, context)
            if decision is not None:
                return decision
        return _ALLOW


def _asked(guard: HookSet, operation: Operation, context: OperationContext) -> Decision | None:
    """Return a guard's denial, None when it allows or has no opinion."""
    try:
        answers = guard.call(_HOOK, operation=operation, context=context)
    except ProvisioningError as error:
        cause = described(error.__cause__) if error.__cause__ is not None else error.message
        return _denied(guard, f"it failed when it was asked, which counts as no: {cause}")
    if not answers:
        return None
    (answer,) = answers
    if not isinstance(answer, Decision) or not isinstance(answer.allowed, bool):
        return _denied(guard, f"it answered with {_shown(answer)} and not with a Decision, which counts as no")
    return None if answer.allowed else _denied(guard, answer.reason or "it gave no reason")


def _denied(guard: HookSet, reason: str) -> Decision:
    return Decision.deny(f"extension {guard.extension}: {reason}")


def _shown(answer: object) -> str:
    return f"a Decision whose `allowed` is {answer.allowed!r}" if isinstance(answer, Decision) else shown(answer)
