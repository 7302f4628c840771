"""The kinds `noop`, which does nothing, so that what is left is our own cost, and `nap`, which lasts a while."""

import time
from collections.abc import Sequence

from provisioning import Done, Operation, OperationKind, hookimpl

NOTHING = Done()


class NoopHandler:
    """Does nothing."""

    @hookimpl
    def run_operation(self, operation: Operation) -> Done:  # noqa: ARG002
        """Answer at once."""
        return NOTHING


class NapHandler:
    """Sleeps."""

    @hookimpl
    def run_operation(self, operation: Operation) -> Done:
        """Say when it began, in seconds since the epoch, when it is over."""
        begun = time.time()
        time.sleep(float(operation.parameters.get("seconds", 0.0)))
        return Done({"begun": begun})


class NoopPlugin:
    """Brings the kinds."""

    @hookimpl
    def operation_kinds(self) -> Sequence[OperationKind]:
        """Return the two kinds."""
        return [
            OperationKind("noop", "do nothing", {"type": "object"}, NoopHandler()),
            OperationKind("nap", "sleep", {"type": "object"}, NapHandler()),
        ]
