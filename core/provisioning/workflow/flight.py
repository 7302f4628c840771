"""An operation under way: from the moment it is taken up until its end is durable."""

from provisioning.contract import Operation, OperationRecord, Step
from provisioning.workflow.expansion import PlannedOperation
from provisioning.workflow.ports import Kind

__all__ = ["Flight"]


class Flight:
    """One operation on its way, with what the journal does not need to know.

    `deadline` is a reading of the driver's monotonic clock. `doubt_until` is until when an answer of "absent" may
    still be the cloud's listing lagging behind. `verdict` is the error that the operation ends with once it is known
    what its last call did. `step` is what it does, or waits to do.
    """

    __slots__ = (
        "call_deadline",
        "deadline",
        "digest",
        "doubt_until",
        "kind",
        "node",
        "operation",
        "record",
        "step",
        "ticket",
        "tries",
        "verdict",
    )

    def __init__(self, node: PlannedOperation, kind: Kind, record: OperationRecord, deadline: float) -> None:
        self.node = node
        self.kind = kind
        self.record = record
        self.deadline = deadline
        self.operation: Operation | None = None
        self.step = Step.PREPARE
        self.ticket = 0
        self.tries = 1
        self.call_deadline = deadline
        self.doubt_until: float | None = None
        self.digest = ""
        self.verdict: BaseException | None = None

    @property
    def id(self) -> str:
        """The operation's id."""
        return self.record.operation_id

    @property
    def provider(self) -> str | None:
        """The provider instance that it talks to."""
        return self.record.provider
