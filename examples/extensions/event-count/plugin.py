"""Two API routes: how many events of each kind were heard since the program was started."""

import threading
from collections import Counter
from collections.abc import Sequence

from provisioning import ApiReply, ApiRequest, ApiRoute, Event, NotFound, hookimpl


class Plugin:
    """Counts as an observer, and answers below `/extensions/event-count`."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    @hookimpl
    def on_event(self, event: Event) -> None:
        """Count one more."""
        with self._lock:
            self._counts[event.kind] += 1

    @hookimpl
    def api_routes(self) -> Sequence[ApiRoute]:
        """Return both routes."""
        return [
            ApiRoute("GET", "/counts", self._all, "How many events of each kind were heard."),
            ApiRoute("GET", "/counts/{kind}", self._one, "How many events of one kind were heard."),
        ]

    def _all(self, _request: ApiRequest) -> ApiReply:
        with self._lock:
            return ApiReply(dict(self._counts))

    def _one(self, request: ApiRequest) -> ApiReply:
        kind = request.parameters["kind"]
        if kind not in self._counts:
            raise NotFound(f"no event of kind {kind} was heard")
        return ApiReply(self._counts[kind])
