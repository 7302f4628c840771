"""How a run behaves: what its document says, and what the configuration says where the document is silent."""

from dataclasses import dataclass, field, replace
from typing import Any

from provisioning.retry import RetryPolicy
from provisioning.workflow.document import DocumentConfiguration, OnFailure, OperationDefinition, RetryDefinition

__all__ = ["RunSettings"]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Limits and policies of one run; times in seconds.

    `timeout` bounds an operation over all its attempts. `call_grace` is how long a call may overrun its time before
    nobody waits for it any more.
    """

    parallelism: int = 10
    on_failure: OnFailure = "rollback"
    timeout: float = 600.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    call_grace: float = 5.0

    def overridden_by(self, configuration: DocumentConfiguration) -> "RunSettings":
        """Return these settings with what a document says instead."""
        changes: dict[str, Any] = {
            name: value
            for name in ("parallelism", "on_failure", "timeout")
            if (value := getattr(configuration, name)) is not None
        }
        return replace(self, retry=_with(self.retry, configuration.retry), **changes)

    def retry_of(self, definition: OperationDefinition) -> RetryPolicy:
        """Return the policy for one operation."""
        return self.retry if definition.retry is None else _with(self.retry, definition.retry)

    def timeout_of(self, definition: OperationDefinition) -> float:
        """Return the time-out of one operation, in seconds."""
        return self.timeout if definition.timeout is None else definition.timeout

    def on_failure_of(self, definition: OperationDefinition) -> OnFailure:
        """Return what the failure of one operation means for the run."""
        return self.on_failure if definition.on_failure is None else definition.on_failure


def _with(policy: RetryPolicy, written: RetryDefinition | None) -> RetryPolicy:
    return policy if written is None else replace(policy, **written.as_dict())
