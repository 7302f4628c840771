"""How a run behaves: what its document says, and what the configuration says where the document is silent."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from provisioning.retry import RetryPolicy
from provisioning.workflow.document import DocumentConfiguration, OnFailure, RetryDefinition
from provisioning.workflow.scope import PlannedOperation

__all__ = ["RunSettings"]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Limits and policies of one run; times in seconds.

    `timeout` bounds an operation over all its attempts, `run_timeout` the whole way forwards from each start or resume.
    `call_grace` is how long a call may overrun its time before nobody waits for it any more. With `no_rollback` a
    failure undoes nothing: what was done is kept, to be looked at. A higher `priority` is served first by workers.
    """

    parallelism: int = 10
    on_failure: OnFailure = "rollback"
    timeout: float = 600.0
    run_timeout: float | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    call_grace: float = 5.0
    no_rollback: bool = False
    priority: int = 0

    def overridden_by(self, configuration: DocumentConfiguration) -> "RunSettings":
        """Return these settings with what a document says instead."""
        changes: dict[str, Any] = {
            name: value
            for name in ("parallelism", "on_failure", "timeout", "run_timeout", "no_rollback", "priority")
            if (value := getattr(configuration, name)) is not None
        }
        return replace(self, retry=_with(self.retry, configuration.retry), **changes)

    def retry_of(self, operation: PlannedOperation) -> RetryPolicy:
        """Return the policy for one operation: each part of it as the nearest word says."""
        policy = self.retry
        for written in reversed(list(_words(operation, "retry"))):
            policy = _with(policy, written)
        return policy

    def timeout_of(self, operation: PlannedOperation) -> float:
        """Return the time-out of one operation, in seconds."""
        return float(next(_words(operation, "timeout"), self.timeout))

    def pool_of(self, operation: PlannedOperation) -> str | None:
        """Return the pool whose workers are to carry one operation out; None where only its provider says."""
        return next(_words(operation, "pool"), None)

    def on_failure_of(self, operation: PlannedOperation) -> OnFailure:
        """Return what the failure of one operation means for the run."""
        word: OnFailure = next(_words(operation, "on_failure"), self.on_failure)
        return self._kept(word)

    @property
    def on_failure_of_run(self) -> OnFailure:
        """Return what a failure means that is no operation's, or of which nothing is said."""
        return self._kept(self.on_failure)

    def _kept(self, word: OnFailure) -> OnFailure:
        return "stop" if word == "rollback" and self.no_rollback else word


def _words(operation: PlannedOperation, name: str) -> Iterator[Any]:
    """Yield what is said of an operation, the nearest word first.

    Its own comes first; in a nested workflow then its document's and that of the operation which nests it, and so on
    outwards. What the outermost document says stands in the settings already.
    """
    current: PlannedOperation | None = operation
    while current is not None:
        owner = current.scope.owner
        inner = (current.scope.document.configuration,) if owner is not None else ()
        yield from (word for place in (current.definition, *inner) if (word := getattr(place, name, None)) is not None)
        current = owner


def _with(policy: RetryPolicy, written: RetryDefinition | None) -> RetryPolicy:
    return policy if written is None else replace(policy, **written.as_dict())
