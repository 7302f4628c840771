"""The kind `noop`: it does nothing, so that what is left is our own cost."""

from collections.abc import Sequence

from provisioning import Done, Operation, OperationKind, hookimpl

NOTHING = Done()


class NoopHandler:
    """Does nothing."""

    @hookimpl
    def run_operation(self, operation: Operation) -> Done:  # noqa: ARG002
        """Answer at once."""
        return NOTHING


class NoopPlugin:
    """Brings the kind."""

    @hookimpl
    def operation_kinds(self) -> Sequence[OperationKind]:
        """Return the one kind."""
        schema = {"type": "object", "additionalProperties": False}
        return [OperationKind("noop", "do nothing", schema, NoopHandler())]
