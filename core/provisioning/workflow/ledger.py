"""The run's own side of the journal: what one turn wants durable, made so by one commit."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from provisioning.contract import (
    Batch,
    CancelMode,
    Enlist,
    EventKind,
    Journal,
    NewEvent,
    OperationRecord,
    OperationState,
    Resource,
    RunState,
    RunWriter,
)
from provisioning.errors import ErrorInfo
from provisioning.workflow.ports import MASK, Redact

__all__ = ["Ledger"]

KEPT_RESULTS = 1024
RENEW_EVERY = 1.0
FULL = 1000


class Ledger:
    """Collects records and events, commits them together, and hands out results.

    Everything passes through `redact` on its way in, so that a result which is read back may lack a secret that it
    held: then `has_lost_secrets` is true. `now` is the wall clock (seconds since the epoch), `clock` the monotonic one.
    """

    def __init__(
        self,
        journal: Journal,
        writer: RunWriter,
        *,
        redact: Redact,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._writer = writer
        self._redact = redact
        self._now = now
        self._clock = clock
        self._batch = Batch()
        self._results: OrderedDict[str, Mapping[str, Any] | None] = OrderedDict()
        self._renewed = clock()
        self.position = 0
        self.has_lost_secrets = False

    @property
    def is_full(self) -> bool:
        """Whether the next commit holds as much as one should."""
        return len(self._batch.operations) >= FULL

    def write(self, record: OperationRecord, state: OperationState) -> None:
        """Put an operation into a state and into the next commit; the first time it gets the next position."""
        record.state = state
        if not record.position:
            self.position += 1
            record.position = self.position
        if state is OperationState.STARTED and record.started_at is None:
            record.started_at = self._now()
        elif not state.is_open:
            record.ended_at = self._now()
        self._batch.operations.append(record)

    def tell(self, kind: str, operation_id: str | None = None, data: Mapping[str, Any] | None = None) -> None:
        """Put an event into the next commit."""
        self._batch.events.append(NewEvent(kind, operation_id, self._redact(data) if data else {}))

    def redacted(self, value: Any) -> Any:
        """Return a JSON value without any known secret."""
        return self._redact(value)

    def redacted_error(self, error: ErrorInfo) -> ErrorInfo:
        """Return an error without any known secret."""
        return ErrorInfo.from_dict(self._redact(error.as_dict()))

    def move(
        self, state: RunState, *, error: ErrorInfo | None = None, outputs: Mapping[str, Any] | None = None
    ) -> None:
        """Put the run itself into a state with the next commit."""
        self._batch.state = state
        self._batch.error = error
        self._batch.outputs = None if outputs is None else self._redact(outputs)

    def add_resources(self, record: OperationRecord, resources: tuple[Resource, ...]) -> None:
        """Note resources that an operation made, and tell of those that are new."""
        for resource in resources:
            if resource not in record.resources:
                record.resources = (*record.resources, resource)
                self.tell(EventKind.RESOURCE_CREATED, record.operation_id, resource.as_dict())

    def commit(self, enlisted: Enlist | None = None) -> None:
        """Make everything durable that was written since the last commit, and `enlisted` with it."""
        self._batch.enlisted = enlisted
        if self._batch:
            batch, self._batch = self._batch, Batch()
            self._writer.commit(batch)

    def poll(self) -> CancelMode | None:
        """Keep the lease alive, now and then; return what somebody else asked to become of the run."""
        now = self._clock()
        if now - self._renewed < RENEW_EVERY:
            return None
        self._renewed = now
        return self._writer.renew()

    def keep_result(self, operation_id: str, result: Mapping[str, Any]) -> None:
        """Remember a result for those who will ask soon; the journal has it for all others."""
        self._results[operation_id] = result
        if len(self._results) > KEPT_RESULTS:
            self._results.popitem(last=False)

    def result(self, operation_id: str) -> Mapping[str, Any] | None:
        """Return an operation's result, or None when it has none (it was skipped).

        What is undone by now has had one, and whoever is still to be undone may refer to it.
        """
        if operation_id in self._results:
            return self._results[operation_id]
        record = self._journal.get_operation(self._writer.workflow_id, operation_id)
        result = None if record is None else record.result
        if result is not None:
            self.has_lost_secrets = self.has_lost_secrets or MASK in json.dumps(result)
            self.keep_result(operation_id, result)
        return result
