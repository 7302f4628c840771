"""The journal cannot be read or written."""

from provisioning.errors.root import ProvisioningError

__all__ = [
    "JournalCorrupt",
    "JournalError",
    "JournalFull",
    "JournalLocked",
    "JournalReadOnly",
    "JournalTooNew",
]


class JournalError(ProvisioningError):
    """Something is wrong with the journal; `path` is where it is kept."""

    def __init__(self, message: str, *, path: str, hint: str | None = None, retryable: bool | None = None) -> None:
        super().__init__(message, hint=hint, retryable=retryable, details={"path": path})
        self.path = path


class JournalLocked(JournalError):
    """Another process held the journal for longer than we wait."""

    default_retryable = True


class JournalCorrupt(JournalError):
    """The file is not a journal, or is damaged."""


class JournalFull(JournalError):
    """The disk has no room: nothing was called whose intent could not be written."""


class JournalReadOnly(JournalError):
    """The journal's file or folder may not be written."""


class JournalTooNew(JournalError):
    """A newer version of the project wrote this journal."""
