"""The logger of one call: its records say for which run and operation they are made, in whatever thread that is.

A thread that carries an operation out is known by `current_call`; one that hears what a program in another language
logs works for nobody, and has the operation's logger.
"""

import logging
from typing import Any

__all__ = ["OperationLogger"]


class OperationLogger(logging.Logger):
    """A child of the logger `provisioning.operation` that goes by the same name."""

    def __init__(self, workflow_id: str, operation_id: str) -> None:
        shared = logging.getLogger("provisioning.operation")
        super().__init__(shared.name)
        self.parent = shared
        self._owner = workflow_id, operation_id

    def makeRecord(self, *args: Any, **more: Any) -> logging.LogRecord:  # noqa: N802 - the name that logging calls
        """Make a record as any logger does, and say whose it is."""
        record = super().makeRecord(*args, **more)
        record.workflow_id, record.operation_id = self._owner
        return record

    def __reduce__(self) -> tuple[Any, ...]:
        return logging.getLogger, (self.name,)
