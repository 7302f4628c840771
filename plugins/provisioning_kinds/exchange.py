"""One HTTP request and its answer, by the standard library; what goes wrong on the way becomes the field's words."""

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from typing import IO, Any, cast
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from provisioning.contract import OperationContext
from provisioning.errors import Ambiguous, NetworkFailure
from provisioning_kinds.address import Address

__all__ = ["HARMLESS", "KEPT", "Answer", "Inquiry", "exchange"]

HARMLESS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT"})
"""The methods that, sent twice, are the same as sent once (RFC 9110, 9.2.2)."""

KEPT = 64 * 1024
"""How much of a body is read, in bytes."""

LONGEST_SILENCE = 30.0
"""How long the other side may be silent, in seconds."""

_CHUNK = 8192
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_PRIVATE = ("Authorization", "Cookie", "Proxy-authorization")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked."""

    method: str
    address: Address
    headers: Mapping[str, str]
    body: bytes | None

    def __str__(self) -> str:
        return f"{self.method} {self.address.shown}"

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "Inquiry":
        """Read `url`, `method`, `headers` and `body`; a body that is no text is sent as JSON. Raises `ValueError`."""
        address = Address.parse(parameters["url"])
        headers = _checked(parameters.get("headers", {}))
        names = {name.lower() for name in headers}
        body = parameters.get("body")
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
            if "content-type" not in names:
                headers["Content-Type"] = "application/json"
        if address.authorization is not None and "authorization" not in names:
            headers["Authorization"] = address.authorization
        return cls(parameters.get("method", "GET"), address, headers, None if body is None else body.encode())


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of headers that can be sent; raise `ValueError` naming the one that cannot, not its value."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"header {name!r} holds a character that no header may hold")
    return dict(headers)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; header names in small letters, the body cut after 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: str
    json: Any

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"status": self.status, "headers": dict(self.headers), "body": self.body, "json": self.json}


def exchange(inquiry: Inquiry, context: OperationContext) -> Answer:
    """Ask and return what was answered, whatever its status.

    Raises `NetworkFailure` when it was certainly not acted on, or may be asked again; `Ambiguous` when it was sent
    with a method that must not be sent twice, and no answer came; `ValueError` for a header that cannot be sent.
    """
    context.check()
    silence = LONGEST_SILENCE if context.remaining is None else min(LONGEST_SILENCE, max(context.remaining, 0.001))
    try:
        with _send(inquiry, silence) as response:
            return _answer(response, context)
    except URLError as error:
        raise _not_sent(inquiry, error) from error
    except (OSError, HTTPException) as error:
        raise _cut_off(inquiry, error) from error


def _send(inquiry: Inquiry, silence: float) -> HTTPResponse | HTTPError:
    request = Request(inquiry.address.url, inquiry.body, dict(inquiry.headers), method=inquiry.method)  # noqa: S310
    try:
        return _opener(inquiry.address).open(request, timeout=silence)  # type: ignore[no-any-return]
    except HTTPError as answer:  # a redirection that is not to be followed is an answer, too
        return answer


def _opener(address: Address) -> OpenerDirector:
    opener = OpenerDirector()
    handlers = [HTTPHandler(), HTTPSHandler(), _Redirection(), _RedirectionsOnly(), HTTPDefaultErrorHandler()]
    for handler in [*handlers, *([] if address.is_loopback else [ProxyHandler()])]:
        opener.add_handler(handler)
    return opener


class _RedirectionsOnly(HTTPErrorProcessor):
    """Follows redirections, and lets every other answer through as it is."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
        if 300 <= response.status < 400:
            followed: HTTPResponse = super().http_response(request, response)
            return followed
        return response

    https_response = http_response


class _Redirection(HTTPRedirectHandler):
    """Goes nowhere but to HTTP, and takes no credentials along to another host."""

    def redirect_request(
        self, request: Request, body: IO[bytes], code: int, message: str, headers: HTTPMessage, url: str
    ) -> Request | None:
        if not url.lower().startswith(("http://", "https://")):
            return None
        onward = super().redirect_request(request, body, code, message, headers, url)
        if onward is not None and (onward.type, onward.host) != (request.type, request.host):
            for name in _PRIVATE:
                onward.remove_header(name)
        return onward


def _answer(response: HTTPResponse | HTTPError, context: OperationContext) -> Answer:
    source: HTTPResponse = cast("HTTPResponse", response.fp) if isinstance(response, HTTPError) else response
    content = _read(source, context)
    body = _decoded(content[:KEPT], response.headers)
    names = dict.fromkeys(name.lower() for name in response.headers if name.lower() != "set-cookie")
    headers = {name: ", ".join(response.headers.get_all(name, [])) for name in names}
    is_json = len(content) <= KEPT and _is_json(response.headers)
    return Answer(source.status, headers, body, _parsed(body) if is_json else None)


def _read(source: HTTPResponse, context: OperationContext) -> bytes:
    """Return the body, or the beginning of one that is longer than what is kept; raise for one that breaks off."""
    content = bytearray()
    while len(content) <= KEPT:
        context.check()
        chunk = source.read1(_CHUNK)
        if not chunk:
            if source.length:
                raise IncompleteRead(bytes(content), source.length)
            break
        content += chunk
    return bytes(content)


def _decoded(content: bytes, headers: Message) -> str:
    try:
        return content.decode(headers.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return content.decode(errors="replace")


def _is_json(headers: Message) -> bool:
    kind = headers.get_content_type()
    return kind == "application/json" or kind.endswith("+json")


def _parsed(body: str) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _not_sent(inquiry: Inquiry, error: URLError) -> NetworkFailure:
    reason = error.reason
    if isinstance(reason, ssl.SSLCertVerificationError):
        hint = "install the certificate's authority on this machine, or ask the right host"
        message = f"{inquiry}: its certificate is not trusted: {reason.verify_message}"
        return NetworkFailure(message, hint=hint, retryable=False)
    return NetworkFailure(
        f"{inquiry}: not reached: {_told(reason)}", hint="see that the host is up and reachable from here"
    )


def _cut_off(inquiry: Inquiry, error: Exception) -> NetworkFailure | Ambiguous:
    message = f"{inquiry}: sent, and no whole answer came: {_told(error)}"
    if inquiry.method in HARMLESS:
        return NetworkFailure(message, hint="see that the host is up and answers in time")
    return Ambiguous(message, hint="see at the other side whether it was done")


def _told(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "no word in time"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return str(reason) or type(reason).__name__
