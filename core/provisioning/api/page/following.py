"""Events as the page follows them: each says in words what happened, and what its operation has become."""

import json
from collections.abc import Mapping

from provisioning.api.stream import ServerSentEvents
from provisioning.contract import Event, EventKind, OperationState
from provisioning.narrative.events import event_line

__all__ = ["PageEvents"]

BECOMES: Mapping[str, OperationState] = {
    EventKind.OPERATION_STARTED: OperationState.STARTED,
    EventKind.OPERATION_RETRIED: OperationState.RETRYING,
    EventKind.OPERATION_MOVED: OperationState.RETRYING,
    EventKind.OPERATION_WAITING: OperationState.WAITING,
    EventKind.OPERATION_SUCCEEDED: OperationState.SUCCEEDED,
    EventKind.OPERATION_FAILED: OperationState.FAILED,
    EventKind.OPERATION_SKIPPED: OperationState.SKIPPED,
    EventKind.COMPENSATION_STARTED: OperationState.COMPENSATING,
    EventKind.OPERATION_COMPENSATED: OperationState.COMPENSATED,
    EventKind.COMPENSATION_FAILED: OperationState.COMPENSATION_FAILED,
    EventKind.COMPENSATION_SKIPPED: OperationState.LEFT,
}
"""What an operation is after an event of it; others change nothing."""


class PageEvents(ServerSentEvents):
    """Server-sent events with `{"operation", "state", "line"}`, under the sequences of the journal."""

    def event(self, event: Event) -> str:
        """Write an event; without a name, so that a browser hands all of them to one listener."""
        return f"id: {event.sequence}\ndata: {_data(event)}\n\n"


def _data(event: Event) -> str:
    state = BECOMES.get(event.kind)
    told = {"operation": event.operation_id, "state": state and str(state), "line": event_line(event)}
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))
