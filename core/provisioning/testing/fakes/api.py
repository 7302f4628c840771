"""A JSON API on loopback, with faults on demand: what the fakes of all clouds are made of."""

import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from provisioning.testing.conformance.trouble import Trouble

__all__ = ["FakeApi", "Reply", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked; `path` stands behind the API's own prefix."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def number(self, name: str, default: int) -> int:
        """Return a parameter of the query as a number."""
        return int(self.query.get(name, [str(default)])[0])


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answers: a JSON value, a text that is none, or nothing."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Fault:
    """Something that goes wrong with the next `times` requests whose `METHOD /path` begins like `pattern`."""

    pattern: str
    times: int
    reply: Reply | None = None
    is_lost: bool = False
    seconds: float = 0.0


_LONG = 120.0


class FakeApi(ABC):
    """A server on a loopback port of its own; a context manager. Many threads may ask at once, and test it at once."""

    prefix = ""
    """What stands before every path."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        """What was asked, in order: `POST /servers`, for one. Queries are left out."""
        self.budget: int | None = None
        """How many requests are answered before the rate limit is reached; None for no limit."""
        self.lock = threading.RLock()
        """Held while a request is acted on."""
        self._faults: list[_Fault] = []
        self._is_over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    # -- its life ------------------------------------------------------------------------------------------------

    @property
    def endpoint(self) -> str:
        """The URL to configure."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.prefix}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # -- faults --------------------------------------------------------------------------------------------------

    def refuse(self, reply: Reply, pattern: str = "", times: int = 1) -> None:
        """Answer with `reply`, and do nothing. `pattern` is a regular expression: `POST /server$`, for one."""
        self._fail(_Fault(pattern, times, reply=reply))

    def lose(self, pattern: str = "", times: int = 1) -> None:
        """Do what is asked, and hang up instead of answering."""
        self._fail(_Fault(pattern, times, is_lost=True))

    def delay(self, seconds: float, pattern: str = "", times: int = 1) -> None:
        """Do what is asked, and answer late; those who still wait when the fake is closed are answered then."""
        self._fail(_Fault(pattern, times, seconds=seconds))

    def trouble(self, creation: str, impatient: Mapping[str, Any]) -> "Trouble":
        """Return what this fake can do to a provider, for `ProviderSetup`.

        `creation` is the request that creates a server, as a pattern of `refuse`; `impatient` the provider's own keys
        with its shortest time-out.
        """
        from provisioning.testing.conformance.trouble import Trouble  # noqa: PLC0415 - a fake is used without it, too

        def throttle(seconds: float) -> None:
            self.refuse(self.throttled(seconds))

        def fill(count: int, labels: Mapping[str, str]) -> None:
            for number in range(count):
                self.add(f"many-{number}", labels=labels)

        return Trouble(
            lose_reply=lambda: self.lose(creation),
            hold_reply=lambda: self.delay(_LONG, creation),
            throttle=throttle,
            break_down=lambda: self.refuse(self.broken()),
            hang=lambda: self.delay(_LONG),
            show_state=lambda server_id: self.put(server_id, "hibernating"),
            fill=fill,
            count_requests=lambda: len(self.requests),
            impatient=impatient,
        )

    def _fail(self, fault: _Fault) -> None:
        with self.lock:
            self._faults.append(fault)

    # -- answering -----------------------------------------------------------------------------------------------

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """Do what is asked; called by one thread at a time."""

    @abstractmethod
    def throttled(self, seconds: float = 7.0) -> Reply:
        """Return what the cloud answers when there are too many requests, until so many seconds have passed."""

    @abstractmethod
    def broken(self) -> Reply:
        """Return what the cloud answers when it fails by its own account."""

    @abstractmethod
    def add(self, name: str = "web", state: str = "", labels: Mapping[str, str] | None = None) -> str:
        """Let there be a server, running unless a state is named, and return its id."""

    @abstractmethod
    def put(self, server_id: str, state: str) -> None:
        """Bring a server into a state, by the cloud's own name."""

    def serve(self, request: Request) -> Reply | None:
        """Answer a request as the faults say; None for hanging up."""
        with self.lock:
            self.requests.append(f"{request.method} {request.path}")
            fault = self._fault_of(self.requests[-1])
            reply = fault.reply or self._within_budget(request)
        self._is_over.wait(fault.seconds)
        return None if fault.is_lost else reply

    def _fault_of(self, line: str) -> _Fault:
        for fault in self._faults:
            if fault.times > 0 and re.match(fault.pattern, line):
                fault.times -= 1
                return fault
        return _Fault("", 0)

    def _within_budget(self, request: Request) -> Reply:
        if self.budget is not None:
            if self.budget == 0:
                return self.throttled()
            self.budget -= 1
        return self.answer(request)


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def _serve(self) -> None:
            reply = api.serve(self._request())
            if reply is None:
                return
            body = b"" if reply.body is None else _encoded(reply.body)
            kind = "text/html" if isinstance(reply.body, str) else "application/json"
            self.send_response(reply.status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names of http.server

        def _request(self) -> Request:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            url = urlsplit(self.path)
            path = url.path.removeprefix(api.prefix).rstrip("/")
            query = parse_qs(url.query, keep_blank_values=True)
            return Request(self.command, path, query, dict(self.headers), json.loads(text) if text else None)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            """Serve, and let a client go that went first."""
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

    return Handler


def _encoded(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).encode()
