"""Following events: replay from the journal, then live, by one cursor, so that nobody misses anything."""

from collections.abc import Callable, Iterator

from provisioning.contract import Event, Journal

__all__ = ["follow_events"]

_PAGE = 1000


def follow_events(
    journal: Journal, workflow_id: str | None, after: int, is_over: Callable[[], bool], patience: float = 0.5
) -> Iterator[Event]:
    """Yield the events of a run (None: of all runs) above `after`, and go on until `is_over` and all are told.

    Events are read page by page, so that a slow follower holds up nobody and needs no memory for what it has not
    read yet. `patience` is how long, in seconds, the end may go unnoticed when no event tells of it.
    """
    while True:
        over = is_over()
        newest = journal.last_sequence()
        page = journal.list_events(workflow_id, after=after, limit=_PAGE)
        yield from page
        if page:
            after = page[-1].sequence
        if len(page) == _PAGE:
            continue
        after = max(after, newest)
        if over:
            return
        journal.wait_for_events(after, patience)
