"""What a rollback has left: an operation that could not be undone, or was to be left, and why."""

from typing import NamedTuple

from provisioning.contract import OperationRecord, OperationState

__all__ = ["MOST_SHOWN", "Remainder"]

MOST_SHOWN = 100
"""How many operations a report or an event lists."""


class Remainder(NamedTuple):
    """One operation that is not undone: its id, what undoing it would have been, and why it was not."""

    operation: str
    what: str
    why: str

    @classmethod
    def of(cls, record: OperationRecord) -> "Remainder":
        """Return what is left of an operation, by its record."""
        what = record.compensation.summary if record.compensation else record.kind
        if record.state is OperationState.LEFT:
            return cls(record.operation_id, what, "it was to be left as it is")
        return cls(record.operation_id, what, record.error.message if record.error else "nobody knows")
