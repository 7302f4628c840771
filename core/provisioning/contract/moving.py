"""What a journal says that was moved, or that another one cannot be moved into."""

from provisioning.errors import JournalError, JournalReadOnly

__all__ = ["moved_away", "not_empty"]


def moved_away(place: str, target: str) -> JournalReadOnly:
    """Return the error for a change to the journal at `place`, which was moved to `target`."""
    return JournalReadOnly(
        f"journal {place} was moved to {target}, and takes no change any more",
        path=place,
        hint=f"set [store] url to {target}",
    )


def not_empty(place: str) -> JournalError:
    """Return the error for moving a journal to where runs are already."""
    return JournalError(
        f"journal {place} holds runs already, and another journal cannot be put into it",
        path=place,
        hint="move to a new journal: two of them are never mixed",
    )
