"""An operation under way: from the moment it is taken up until its end is durable."""

from provisioning.contract import Operation, OperationRecord, Step
from provisioning.workflow.ports import Kind
from provisioning.workflow.scope import PlannedOperation

__all__ = ["Flight"]


class Flight:
    """One operation on its way, with what the journal does not need to know.

    `deadline` is a reading of the driver's monotonic clock. `tries` counts calls that may be repeated, `asks` how often
    it was asked what a call did, and `doubt_until` is until when an answer of "absent" may still be the cloud's listing
    lagging behind. `verdict` is the error that the operation ends with once it is known what its last call did.
    `may_have_acted` is whether an earlier call may have left something. `step` is what it does, or waits to do.
    """

    __slots__ = (
        "asks",
        "call_deadline",
        "deadline",
        "digest",
        "doubt_until",
        "kind",
        "may_have_acted",
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
        self.asks = 0
        self.may_have_acted = False
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
