"""The feed of live events: one thread reads the end of the journal, and wakes those who follow it.

A follower is a future and a cursor, nothing else: thousands of them that wait cost no thread, no queue and no
question to the journal. A woken one takes the newest events from a short memory, or older ones from the journal.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile

from provisioning.contract import Event, Journal
from provisioning.errors import JournalError

__all__ = ["Feed"]

_REMEMBERED = 2000
_PAGE = 1000
_PATIENCE = 1.0


class Feed:
    """The end of one journal, for the coroutines of one event loop."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._newest = journal.last_sequence()
        self._floor = self._newest
        self._recent: deque[Event] = deque()
        self._recent_of: dict[str, deque[Event]] = {}
        self._texts: dict[tuple[int, object], str] = {}
        self._waiting: dict[str | None, set[asyncio.Future[None]]] = {}
        self._loop = asyncio.get_running_loop()
        self._is_closed = False
        self._thread = threading.Thread(target=self._read, name="feed", daemon=True)
        self._thread.start()

    @property
    def is_closed(self) -> bool:
        """Whether there will be no more events, as the server stops."""
        return self._is_closed

    @property
    def followers(self) -> int:
        """How many wait now."""
        return sum(map(len, self._waiting.values()))

    def close(self) -> None:
        """Tell every follower that it is over."""
        self._is_closed = True
        for futures in self._waiting.values():
            _wake(futures)

    def join(self) -> None:
        """Wait for the thread, a second at most."""
        self._thread.join(_PATIENCE)

    def next(self, workflow_id: str | None) -> asyncio.Future[None]:
        """Return a future that is done when there is something new of a run (None: of any), or when it is over.

        Ask for it before you look into the journal, so that nothing can come between.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        if self._is_closed:
            future.set_result(None)
            return future
        futures = self._waiting.setdefault(workflow_id, set())
        futures.add(future)
        future.add_done_callback(lambda done: self._forget(workflow_id, done))
        return future

    async def read(
        self, workflow_id: str | None, after: int, limit: int = _PAGE, *, is_last: bool = False
    ) -> Sequence[Event]:
        """Return the events above `after`, the oldest first, at most `limit`.

        The memory may be a moment behind the journal, and whoever waits is woken again; who reads for the last time
        asks the journal itself.
        """
        if after >= self._floor and not is_last:
            recent = self._recent if workflow_id is None else self._recent_of.get(workflow_id, ())
            found = list(takewhile(lambda event: event.sequence > after, reversed(recent)))
            return found[::-1][:limit]
        return await asyncio.to_thread(self._journal.list_events, workflow_id, after=after, limit=limit)

    def written(self, event: Event, write: Callable[[Event], str]) -> str:
        """Return what `write` makes of an event; for the newest ones it is called once, however many follow."""
        if event.sequence <= self._floor:
            return write(event)
        key = event.sequence, getattr(write, "__func__", write)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = write(event)
        return text

    async def lag(self, workflow_id: str | None, after: int) -> tuple[int, int]:
        """Return how many events above `after` the journal has by now, and the sequence of the newest."""

        def count() -> tuple[int, int]:
            found, newest = 0, after
            while page := self._journal.list_events(workflow_id, after=newest, limit=_PAGE):
                found, newest = found + len(page), page[-1].sequence
            return found, newest

        return await asyncio.to_thread(count)

    def _forget(self, workflow_id: str | None, future: asyncio.Future[None]) -> None:
        futures = self._waiting.get(workflow_id)
        if futures is not None:
            futures.discard(future)
            if not futures:
                del self._waiting[workflow_id]

    def _forget_oldest(self) -> None:
        oldest = self._recent.popleft()
        self._floor = oldest.sequence
        of_run = self._recent_of[oldest.workflow_id]
        of_run.popleft()
        if not of_run:
            del self._recent_of[oldest.workflow_id]

    def _read(self) -> None:
        while not self._is_closed:
            try:
                self._journal.wait_for_events(self._newest, _PATIENCE)
                page = self._journal.list_events(after=self._newest, limit=_PAGE)
                if not page:
                    continue
                self._newest = page[-1].sequence
                self._loop.call_soon_threadsafe(self._tell, page)
            except (JournalError, RuntimeError):  # the journal is closed, or the loop is: the server stops
                if self._is_closed or self._loop.is_closed():
                    return

    def _tell(self, page: Sequence[Event]) -> None:
        for event in page:
            self._recent.append(event)
            self._recent_of.setdefault(event.workflow_id, deque()).append(event)
        while len(self._recent) > _REMEMBERED:
            self._forget_oldest()
        if len(self._texts) > _REMEMBERED:
            self._texts = {key: text for key, text in self._texts.items() if key[0] > self._floor}
        for workflow_id in {None, *(event.workflow_id for event in page)}:
            _wake(self._waiting.get(workflow_id, ()))


def _wake(futures: "set[asyncio.Future[None]] | tuple[()]") -> None:
    for future in tuple(futures):
        if not future.done():
            future.set_result(None)
