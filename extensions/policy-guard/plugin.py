"""The guard itself: asks the policy, then counts the servers of the run."""

from provisioning.contract import Decision, Event, EventKind, ExtensionContext, Operation, RunState, hookimpl

from .policy import Policy
from .tally import Tally

__all__ = ["PolicyGuard"]

_CREATES = "server_create"
_OVER = (EventKind.WORKFLOW_COMPLETED, EventKind.ROLLBACK_COMPLETED)


class PolicyGuard:
    """Denies what the configured policy denies; a count that cannot be kept denies as well."""

    def __init__(self) -> None:
        self._policy: Policy
        self._tally: Tally

    @hookimpl
    def extension_activate(self, context: ExtensionContext) -> None:
        """Read the policy from the options."""
        self._policy = Policy.from_options(context.options)
        self._tally = Tally(context.directory / ".provisioning" / context.name)

    @hookimpl
    def check_operation(self, operation: Operation) -> Decision:
        """Ask the rules; a server that they allow is counted before it may be created."""
        decision = self._policy.decide(operation)
        if not decision.allowed or operation.kind != _CREATES or self._policy.max_servers is None:
            return decision
        return self._counted(operation, self._policy.max_servers)

    def _counted(self, operation: Operation, limit: int) -> Decision:
        try:
            is_within = self._tally.admit(operation.workflow_id, operation.id, limit)
        except OSError as error:
            return Decision.deny(f"max_servers: this run's servers cannot be counted: {error.strerror or error}")
        if is_within:
            return Decision.allow()
        return Decision.deny(
            f"max_servers: one run may create at most {limit}, and this one has created or tried as many"
        )

    @hookimpl
    def on_event(self, event: Event) -> None:
        """Forget the count of a run that is over for good."""
        if event.kind in _OVER and event.data.get("state") != RunState.PARTIAL:
            self._tally.forget(event.workflow_id)
