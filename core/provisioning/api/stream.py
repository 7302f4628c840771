"""Events as a stream: replay from the journal, then live, by one cursor; heart-beats while nothing happens."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from provisioning.api.feed import Feed
from provisioning.contract import Event, EventKind

__all__ = ["Form", "JsonLines", "ServerSentEvents", "Stream"]

_PAGE = 500
_ENDS = frozenset(
    {
        EventKind.WORKFLOW_COMPLETED,
        EventKind.WORKFLOW_FAILED,
        EventKind.WORKFLOW_INTERRUPTED,
        EventKind.ROLLBACK_COMPLETED,
        EventKind.ROLLBACK_FAILED,
    }
)
"""After these a run may be over; the journal is not asked after every other event by every follower."""


class Form(Protocol):
    """How a stream is written; `schema` is of one member of it, as the OpenAPI document describes it."""

    media_type: ClassVar[str]
    schema: ClassVar[dict[str, Any]]

    def event(self, event: Event) -> str:
        """Write an event."""
        ...

    def missed(self, count: int, after: int, newest: int) -> str:
        """Write that `count` events above `after`, up to `newest`, were left out."""
        ...

    def heartbeat(self) -> str:
        """Write that there is nothing new."""
        ...

    def end(self) -> str:
        """Write that nothing more will come."""
        ...


class ServerSentEvents:
    """As browsers read it: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

    media_type: ClassVar[str] = "text/event-stream"
    schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["data"],
        "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
    }

    def event(self, event: Event) -> str:
        """Write an event: its sequence is the id, with which a client comes back."""
        return f"id: {event.sequence}\nevent: {event.kind}\ndata: {_line(event.as_dict())}\n\n"

    def missed(self, count: int, after: int, newest: int) -> str:
        """Write what was left out; the id is that of the newest one of it."""
        data = _line({"missed": count, "after": after, "newest": newest})
        return f"id: {newest}\nevent: missed\ndata: {data}\n\n"

    def heartbeat(self) -> str:
        """Write a comment, which every client ignores."""
        return ": nothing new\n\n"

    def end(self) -> str:
        """Write the last event, so that a browser knows not to connect again."""
        return "event: end\ndata: {}\n\n"


class JsonLines:
    """One JSON document a line, for `jq` and logs; an empty line while there is nothing new."""

    media_type: ClassVar[str] = "application/jsonl"
    schema: ClassVar[dict[str, Any]] = {"type": "object"}

    def event(self, event: Event) -> str:
        """Write an event."""
        return _line(event.as_dict()) + "\n"

    def missed(self, count: int, after: int, newest: int) -> str:
        """Write what was left out, as a line that has no `kind`."""
        return _line({"missed": count, "after": after, "newest": newest}) + "\n"

    def heartbeat(self) -> str:
        """Write an empty line."""
        return "\n"

    def end(self) -> str:
        """Write nothing: the stream ends."""
        return ""


@dataclass(frozen=True, slots=True)
class Stream:
    """What one follower is sent: the events of a run (None: of all) above `after`, until `is_over` says so.

    A follower that has once caught up and then falls more than `max_lag` events behind, because it reads too slowly,
    is told how many it missed and goes on with the newest; it holds up nobody, and its memory is one page.
    """

    feed: Feed
    form: Form
    workflow_id: str | None
    after: int
    is_over: Callable[[], bool]
    heartbeat: float
    max_lag: int
    follows: bool = True

    async def chunks(self) -> AsyncIterator[str]:
        """Yield the stream, page by page."""
        cursor, has_caught_up, may_be_over = self.after, False, True
        while True:
            news = self.feed.next(self.workflow_id)
            try:
                over = not self.follows or (may_be_over and await asyncio.to_thread(self.is_over))
                page = await self.feed.read(self.workflow_id, cursor, _PAGE, is_last=over)
                if page:
                    if has_caught_up and len(page) == _PAGE:
                        missed, newest = await self.feed.lag(self.workflow_id, cursor)
                        if missed > self.max_lag:
                            yield self.form.missed(missed, cursor, newest)
                            cursor = newest
                            continue
                    yield "".join(self.feed.written(event, self.form.event) for event in page)
                    cursor, may_be_over = page[-1].sequence, not _ENDS.isdisjoint(event.kind for event in page)
                    continue
                has_caught_up, may_be_over = True, False
                if over or self.feed.is_closed:
                    if over and self.follows:
                        yield self.form.end()
                    return
                if not await _is_done(news, self.heartbeat):
                    may_be_over = True
                    yield self.form.heartbeat()
            finally:
                news.cancel()


async def _is_done(future: "asyncio.Future[None]", seconds: float) -> bool:
    done, _ = await asyncio.wait([future], timeout=seconds)
    return bool(done)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)
