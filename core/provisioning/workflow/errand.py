"""What a worker does with an order: the operation made whole again from the journal, called, and answered for.

A worker plans nothing: it opens the run's document as the journal keeps it, in which everything is decided that had to
be known before the run, and resolves the parameters of one operation with its own configuration.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from provisioning.contract import Cancellation, Journal, Note
from provisioning.contract.wire import as_answer, as_job, digest_of, error_answer
from provisioning.errors import OperationFailed
from provisioning.source import Format, Source
from provisioning.workflow.caller import Caller
from provisioning.workflow.document import check_document
from provisioning.workflow.expansion import expand
from provisioning.workflow.ports import Redact, Roots
from provisioning.workflow.scope import PlannedOperation
from provisioning.workflow.view import View

__all__ = ["Errands"]

KEPT_DOCUMENTS = 64
"""How many runs' documents are kept open."""

Order = Mapping[str, Any]


class _Opened:
    """The document of one run, opened."""

    def __init__(self, name: str, nodes: Mapping[str, PlannedOperation]) -> None:
        self.name = name
        self.nodes = nodes


class Errands:
    """Carries out orders; any thread may. `make_caller(hold)` makes what calls the hooks."""

    def __init__(
        self,
        journal: Callable[[], Journal],
        roots: Roots,
        redact: Redact,
        directory: Path,
        make_caller: Callable[[Callable[[], None]], Caller],
    ) -> None:
        self._journal = journal
        self._roots = roots
        self._redact = redact
        self._directory = directory
        self._make_caller = make_caller
        self._documents: OrderedDict[str, _Opened] = OrderedDict()
        self._lock = threading.Lock()

    def carry_out(
        self, order: Order, cancellation: Cancellation, note: Note, hold: Callable[[], None]
    ) -> Mapping[str, Any]:
        """Carry an order out and return its end, without any known secret; raises nothing."""

        def noted(kind: str, data: Mapping[str, Any]) -> None:
            note(kind, self._redact(dict(data)))

        try:
            job = as_job(order, self._parameters(order))
            answer = as_answer(self._make_caller(hold)(job, cancellation, noted))
        except BaseException as error:  # noqa: BLE001 - whatever a call raises is its answer
            answer = error_answer(error)
        redacted: Mapping[str, Any] = self._redact(answer)
        return redacted

    def _parameters(self, order: Order) -> Mapping[str, Any]:
        """Resolve the parameters of an order; raise `OperationFailed` when they are not what its driver resolved."""
        for may_be_old in (True, False):
            parameters = self._resolved(order, may_be_old=may_be_old)
            if parameters is not None and digest_of(parameters) == order["digest"]:
                return parameters
        raise OperationFailed(
            f"operation {order['operation']} has other parameters at this worker than at the driver of its run",
            workflow_id=order["workflow_id"],
            hint="both read the same configuration, environment and files: look at what its references read",
        )

    def _resolved(self, order: Order, *, may_be_old: bool) -> Mapping[str, Any] | None:
        """Resolve the parameters of an order; None when its run, as it is known here, has no such operation.

        What is known may be of an earlier run of that name, which somebody has forgotten since.
        """
        workflow_id = order["workflow_id"]
        opened = self._opened(workflow_id, may_be_old=may_be_old)
        node = opened.nodes.get(order["operation"])
        if node is None:
            return None
        view = View(self._roots, self._results(workflow_id), {"id": workflow_id, "name": opened.name})
        parameters = view.parameters(node)
        return parameters if order["zone"] is None else {**parameters, "zone": order["zone"]}

    def _results(self, workflow_id: str) -> Callable[[str], Mapping[str, Any] | None]:
        def result(operation_id: str) -> Mapping[str, Any] | None:
            record = self._journal().get_operation(workflow_id, operation_id)
            return None if record is None else record.result

        return result

    def _opened(self, workflow_id: str, *, may_be_old: bool) -> _Opened:
        with self._lock:
            opened = self._documents.get(workflow_id)
            if opened is not None and may_be_old:
                self._documents.move_to_end(workflow_id)
                return opened
        written = dict(self._journal().get_document(workflow_id))
        source = Source(f"run {workflow_id}", Format.JSON, written, "")
        expansion = expand(check_document(source), source, self._roots, self._directory, self._redact)
        opened = _Opened(expansion.document.name, {operation.id: operation for operation in expansion.operations})
        with self._lock:
            self._documents[workflow_id] = opened
            if len(self._documents) > KEPT_DOCUMENTS:
                self._documents.popitem(last=False)
        return opened
