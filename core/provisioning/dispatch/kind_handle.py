"""A kind of operation, ready to be called: the typed face of the hooks of its handler."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioning.contract import (
    Absent,
    Compensation,
    Done,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    Provider,
    Settlement,
    Unsettled,
    WorkflowHooks,
)
from provisioning.dispatch.answer import shown
from provisioning.dispatch.hook_set import HookSet, Wrapper
from provisioning.dispatch.json_schema import JsonSchema
from provisioning.dispatch.registration import OPERATION_HOOKS, check_handler
from provisioning.dispatch.times import Times
from provisioning.errors import ExtensionBroken

__all__ = ["KindHandle"]


class KindHandle:
    """One kind of operation as the extension `extension` brings it; the first of `wrappers` stands outermost.

    Raises `HookRejected` when the handler does not fit what the kind declares. What a hook answers is checked;
    foreign errors become `ExtensionBroken`.
    """

    def __init__(
        self,
        kind: OperationKind,
        extension: str,
        wrappers: Sequence[Wrapper] = (),
        times: Mapping[str, Times] | None = None,
    ) -> None:
        check_handler(kind, extension)
        subject = f"kind {kind.name} (extension {extension})"
        self._kind = kind
        self._extension = extension
        self._schema = JsonSchema(kind.parameters, extension=extension, subject=f"parameters of {subject}")
        self._hooks = HookSet(
            WorkflowHooks, OPERATION_HOOKS, extension, kind.handler, subject=subject, wrappers=wrappers, times=times
        )

    @property
    def descriptor(self) -> OperationKind:
        """What its extension declared."""
        return self._kind

    @property
    def extension(self) -> str:
        """The name of the extension that brings it."""
        return self._extension

    def problems(
        self, parameters: Mapping[str, Any], allow_references: Callable[[str], bool]
    ) -> Sequence[tuple[tuple[str | int, ...], str]]:
        """Return what is wrong with parameters, each with its path.

        Text for which `allow_references` is true holds `{{...}}`, to be resolved later: it may stand for anything.
        """
        return self._schema.problems(parameters, allow_references)

    def prepare(
        self, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Compensation | None:
        """Say how the operation will be undone; None when there is nothing to undo, or nobody who says it."""
        hook = "prepare_operation"
        if not self._hooks.has(hook):
            return None
        answer = self._hooks.call(hook, operation=operation, provider=provider, context=context)
        if answer is None or isinstance(answer, Compensation):
            return answer
        raise self._hooks.wrong(hook, shown(answer), "a Compensation or None")

    def run(self, operation: Operation, provider: Provider | None, context: OperationContext) -> Outcome:
        """Do the operation, or go on with it."""
        answer = self._hooks.call("run_operation", operation=operation, provider=provider, context=context)
        if isinstance(answer, Done | Pending):
            return answer
        raise self._hooks.wrong("run_operation", shown(answer), "Done or Pending")

    def settle(self, operation: Operation, provider: Provider | None, context: OperationContext) -> Settlement:
        """Say what a cut-off call did; `Unsettled` when the handler has nobody to ask."""
        hook = "settle_operation"
        if not self._hooks.has(hook):
            return Unsettled()
        answer = self._hooks.call(hook, operation=operation, provider=provider, context=context)
        if isinstance(answer, Done | Pending | Absent | Unsettled):
            return answer
        raise self._hooks.wrong(hook, shown(answer), "Done, Pending, Absent or Unsettled")

    def compensate(
        self,
        operation: Operation,
        compensation: Compensation,
        provider: Provider | None,
        context: OperationContext,
    ) -> Outcome:
        """Undo the operation."""
        hook = "compensate_operation"
        if not self._hooks.has(hook):
            raise ExtensionBroken(
                f"kind {self._kind.name} (extension {self._extension}) cannot undo {operation.id}:"
                f" it has no {hook}, and the journal says: {compensation.summary}",
                extension=self._extension,
                hint="use the version of the extension that ran the operation, or undo it by hand",
            )
        answer = self._hooks.call(
            hook, operation=operation, compensation=compensation, provider=provider, context=context
        )
        if isinstance(answer, Done | Pending):
            return answer
        raise self._hooks.wrong(hook, shown(answer), "Done or Pending")
