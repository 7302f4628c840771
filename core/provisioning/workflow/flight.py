"""An operation under way: from the moment it is taken up until its end is durable."""

from provisioning.contract import Operation, OperationRecord, Step
from provisioning.workflow.location import Location
from provisioning.workflow.ports import Kind
from provisioning.workflow.scope import PlannedOperation

__all__ = ["Flight"]


class Flight:
    """One operation on its way, with what the journal does not need to know.

    `deadline` is a reading of the driver's monotonic clock. `tries` counts calls that may be repeated, `asks` how often
    it was asked what a call did, and `doubt_until` is until when an answer of "absent" may still be the cloud's listing
    lagging behind. `verdict` is the error that the operation ends with once it is known what its last call did.
    `may_have_acted` is whether an earlier call may have left something. `step` is what it does, or waits to do.

    `location` is where it is carried out, `destination` where it goes once nothing of it is left there. `turn` is
    when it may call its provider, where it waits for that, `is_aside` whether others have its place while it waits, and
    `throttled` how often its provider asked it to slow down.
    """

    __slots__ = (
        "asks",
        "call_deadline",
        "deadline",
        "destination",
        "digest",
        "doubt_until",
        "is_aside",
        "kind",
        "location",
        "may_have_acted",
        "node",
        "operation",
        "record",
        "step",
        "throttled",
        "ticket",
        "tries",
        "turn",
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
        self.location = next((one for one in node.locations if one.provider == record.provider), node.locations[0])
        self.destination: Location | None = None
        self.turn: float | None = None
        self.is_aside = False
        self.throttled = 0

    @property
    def id(self) -> str:
        """The operation's id."""
        return self.record.operation_id

    @property
    def provider(self) -> str | None:
        """The provider instance that it talks to."""
        return self.record.provider

    @property
    def elsewhere(self) -> Location | None:
        """Where else it may be carried out, when there is no room here; None when everything was tried."""
        later = self.node.locations[self.node.locations.index(self.location) + 1 :]
        return later[0] if later else None

    @property
    def may_have_left_something(self) -> bool:
        """Whether there may be something to undo though what it does now was refused.

        An earlier call may have acted, or something is known of it; and a question, or an undoing, that is refused
        says nothing of what there is.
        """
        record, calls = self.record, self.step in (Step.PREPARE, Step.RUN)
        return not calls or self.may_have_acted or bool(record.resources) or record.progress is not None
