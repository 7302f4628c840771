"""What the command's exit code says."""

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """Every code with which the command ends; scripts may rely on them."""

    DONE = 0
    """What was asked is done."""
    FAILED = 1
    """It failed; what was done before the failure stays, and is journaled."""
    USAGE = 2
    """The command line, a document or the configuration cannot be used; nothing was changed."""
    PARTIAL = 3
    """Some operations succeeded and stay, others failed."""
    ROLLED_BACK = 4
    """The run failed and everything it did is undone."""
    ROLLBACK_FAILED = 5
    """The run failed and something could not be undone; the answer lists it."""
    INTERRUPTED = 130
    """It was stopped by a signal; what was in flight is recorded, and the run can go on."""
