"""Events: streamed as they come, or read page by page."""

from collections.abc import Sequence
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from provisioning.api.access import needs
from provisioning.api.answers import answers
from provisioning.api.documents import EventDocument, PageReply
from provisioning.api.envelope import reply
from provisioning.api.feed import Feed
from provisioning.api.routes.parts import TheApp, TheFeed, TheLimit, TheSettings
from provisioning.api.settings import ApiSettings
from provisioning.api.stream import Form, JsonLines, ServerSentEvents, Stream
from provisioning.app import App, Scope
from provisioning.contract import Event

__all__ = ["router"]

_JSON = "application/json"
_FORMS: tuple[type[Form], ...] = (ServerSentEvents, JsonLines)
_HIGHEST = 2**63 - 1

After = Annotated[int, Query(ge=0, le=_HIGHEST, description="Only events above this sequence.")]
Accept = Annotated[str, Header(include_in_schema=False)]
LastEventId = Annotated[str | None, Header(description="The id of the last event that was read; stands for `after`.")]
Follow = Annotated[bool | None, Query(description="Go on with new events; a page in the envelope does not.")]


def _streams(default: str) -> dict[int | str, dict[str, object]]:
    """Return the answers of a route that streams, or answers with one page."""
    found = answers(PageReply[EventDocument], text=f"Events, as `Accept` wants them; without it as {default}.")
    found[200]["content"] = {form.media_type: {"schema": form.schema} for form in _FORMS}
    found[204] = {"description": "The run is over, and everything was read: do not connect again."}
    return found


router = APIRouter(tags=["events"], dependencies=[needs(Scope.READ)])


@router.get("/events", responses=_streams(ServerSentEvents.media_type))
async def stream_events(
    request: Request,
    app: TheApp,
    feed: TheFeed,
    settings: TheSettings,
    after: After = 0,
    limit: TheLimit = 1000,
    accept: Accept = "",
    last_event_id: LastEventId = None,
    follow: Follow = None,
) -> Response:
    """Stream the events of all runs, those of the journal first; without an end unless `follow=false`."""
    reading = _Reading(request, app, feed, settings, None, _start(after, last_event_id), limit)
    return await reading.answer(accept, ServerSentEvents(), follow=follow is not False)


@router.get("/workflows/{workflow_id}/events", responses=_streams(ServerSentEvents.media_type))
async def stream_run_events(
    request: Request,
    workflow_id: str,
    app: TheApp,
    feed: TheFeed,
    settings: TheSettings,
    after: After = 0,
    limit: TheLimit = 1000,
    accept: Accept = "",
    last_event_id: LastEventId = None,
    follow: Follow = None,
) -> Response:
    """Stream the events of one run, those of the journal first, until it is over."""
    reading = _Reading(request, app, feed, settings, workflow_id, _start(after, last_event_id), limit)
    return await reading.answer(accept, ServerSentEvents(), follow=follow is not False)


@router.get("/workflows/{workflow_id}/logs", responses=_streams(_JSON))
async def read_logs(
    request: Request,
    workflow_id: str,
    app: TheApp,
    feed: TheFeed,
    settings: TheSettings,
    after: After = 0,
    limit: TheLimit = 1000,
    accept: Accept = "",
    follow: Follow = None,
) -> Response:
    """Return what happened in a run: a page of it, or with `follow` all of it as JSON lines until it is over."""
    reading = _Reading(request, app, feed, settings, workflow_id, after, limit)
    return await reading.answer(accept, JsonLines() if follow else None, follow=bool(follow))


class _Reading:
    """One request for events."""

    def __init__(
        self,
        request: Request,
        app: App,
        feed: Feed,
        settings: ApiSettings,
        workflow_id: str | None,
        after: int,
        limit: int,
    ) -> None:
        self._request = request
        self._app = app
        self._feed = feed
        self._settings = settings
        self._workflow_id = workflow_id
        self._after = after
        self._limit = limit

    async def answer(self, accept: str, default: Form | None, *, follow: bool) -> Response:
        """Answer in the form that `accept` names first among those there are, else in the `default` (None: a page)."""
        is_over = await anyio.to_thread.run_sync(self._is_over)  # before anything is sent: it may not be there at all
        form = _chosen(accept, default)
        if form is None:
            return await self._page()
        stream = Stream(
            feed=self._feed,
            form=form,
            workflow_id=self._workflow_id,
            after=self._after,
            is_over=self._is_over,
            heartbeat=self._settings.heartbeat,
            max_lag=self._settings.max_lag,
            follows=follow,
        )
        if is_over and self._after and follow and not await self._newer(1):
            return Response(status_code=204)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream.chunks(), media_type=form.media_type, headers=headers)

    async def _page(self) -> Response:
        found = await self._newer(self._limit)
        more = str(found[-1].sequence) if len(found) == self._limit else None
        return reply(self._request, [event.as_dict() for event in found], page={"next_cursor": more})

    async def _newer(self, limit: int) -> Sequence[Event]:
        return await self._feed.read(self._workflow_id, self._after, limit, is_last=True)

    def _is_over(self) -> bool:
        """Whether nothing more can happen before somebody asks for it; raises `RunNotFound`."""
        return self._workflow_id is not None and not self._app.journal.get_run(self._workflow_id).state.is_active


def _chosen(accept: str, default: Form | None) -> Form | None:
    for wanted in (part.partition(";")[0].strip().lower() for part in accept.split(",")):
        if wanted == _JSON:
            return None
        for form in _FORMS:
            if wanted == form.media_type:
                return form()
    return default


def _start(after: int, last_event_id: str | None) -> int:
    """Return where to begin: a browser that comes back says so by itself, and only ever with an id it was sent."""
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdecimal():
        return min(int(last_event_id), _HIGHEST)
    return after
