"""The gate that every request passes: its id, who may call the server by which name, how much and how often.

It stands outside everything else, so that what it refuses, what a route raises and what nobody foresaw are all
answered in the envelope, with the same headers, and leave one line in the log.
"""

import json
import logging
import re
import time
import uuid
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provisioning.api.envelope import error_body
from provisioning.api.errors import Busy, ForbiddenOrigin, RequestError, TooLarge, UnknownHost
from provisioning.api.failures import INTERNAL
from provisioning.api.rate import RequestRate
from provisioning.api.settings import ApiSettings, is_loopback
from provisioning.errors import ErrorInfo

__all__ = ["Gate"]

_LOGGER = logging.getLogger("provisioning.api")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What goes with every reply that does not say otherwise itself."""


class Gate:
    """The middleware; pure ASGI, so that streams pass through it unbuffered."""

    def __init__(self, inner: ASGIApp, settings: ApiSettings) -> None:
        self._inner = inner
        self._settings = settings
        self._rate = RequestRate(settings.rate)
        self._headers = dict(_HEADERS)
        if settings.tls_certificate is not None:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        await _Passage(self, scope, receive, send).go()

    async def pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to what stands behind the gate."""
        await self._inner(scope, receive, send)

    def check(self, scope: Scope, headers: Headers) -> None:
        """Raise a `RequestError` for a request that nobody behind the gate should see."""
        client = scope.get("client")
        if not self._rate.allows(client[0] if client else ""):
            raise Busy(f"more than {self._settings.rate:g} requests a second", hint="ask more slowly")
        host = headers.get("host", "")
        self._check_host(host)
        origin = headers.get("origin")
        if origin is not None and scope["method"] not in _SAFE:
            self._check_origin(origin, host)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._settings.max_body:
            raise self.too_large()

    def too_large(self) -> TooLarge:
        """Return the error for a body that is too long."""
        return TooLarge(f"the body is longer than {self._settings.max_body} bytes")

    @property
    def max_body(self) -> int:
        """How long a body may be, in bytes."""
        return self._settings.max_body

    @property
    def headers(self) -> dict[str, str]:
        """What goes with every reply."""
        return self._headers

    def _check_host(self, host: str) -> None:
        """Raise for a name that is not the server's: a page elsewhere may have made it lead here (DNS rebinding)."""
        if self._settings.needs_token and not self._settings.allowed_hosts:
            return
        name = _name_of(host)
        if is_loopback(name) or name == self._settings.host or name in self._settings.allowed_hosts:
            return
        raise UnknownHost(f"this server is not called {name!r}", hint="--allow-host lets it be called so")

    def _check_origin(self, origin: str, host: str) -> None:
        if urlsplit(origin).netloc != host and origin not in self._settings.cors_origins:
            raise ForbiddenOrigin(f"a page of {origin} may change nothing here", hint="--cors-origin lets it")


class _Passage:
    """One request on its way through the gate."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate = gate
        self._scope = scope
        self._receive_next = receive
        self._send_on = send
        self._headers = Headers(scope=scope)
        given = self._headers.get("x-request-id", "")
        self._id = given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        self._status = 0
        self._received = 0

    async def go(self) -> None:
        began = time.monotonic()
        self._scope.setdefault("state", {})["request_id"] = self._id
        try:
            self._gate.check(self._scope, self._headers)
            await self._gate.pass_on(self._scope, self._receive, self._send)
        except RequestError as error:
            await self._answer(error.http_status, error.info(), error.headers)
        except Exception:
            _LOGGER.exception("request %s failed", self._id)
            if self._status:
                raise
            await self._answer(500, INTERNAL, {})
        finally:
            took = (time.monotonic() - began) * 1000
            method, path = self._scope["method"], self._scope["path"]
            _LOGGER.info("%s %s %s %d %.1fms", self._id, method, json.dumps(path), self._status, took)

    async def _receive(self) -> Message:
        message = await self._receive_next()
        self._received += len(message.get("body", b""))
        if self._received > self._gate.max_body:
            raise self._gate.too_large()
        return message

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._id
            for name, value in self._gate.headers.items():
                headers.setdefault(name, value)
        await self._send_on(message)

    async def _answer(self, status: int, error: ErrorInfo, headers: dict[str, str]) -> None:
        body = json.dumps(error_body(self._id, error)).encode()
        shown = {"content-type": "application/json", "content-length": str(len(body)), **headers}
        raw = [(name.lower().encode(), value.encode()) for name, value in shown.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        await self._send({"type": "http.response.body", "body": body})


def _name_of(host: str) -> str:
    """Return a Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0].strip("[]")
    return host.partition(":")[0].lower()
