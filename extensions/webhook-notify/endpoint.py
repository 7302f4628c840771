"""The receiver: one HTTP request a post, and what its answer means for the next attempt."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .message import Message
from .signature import signature_of

__all__ = ["Endpoint", "Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """How one attempt ended; `why` is what went wrong, `retry_after` the seconds that the receiver asked for."""

    is_delivered: bool
    may_retry: bool = False
    why: str = ""
    retry_after: float | None = None


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect: what is signed for one receiver goes to no other."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Leave the answer as it is."""


class Endpoint:
    """Posts to one URL. `timeout` is how many seconds it may be silent, `now` the wall clock.

    `origin` is what may be logged of the URL: the rest of it may be a secret by itself.
    """

    def __init__(
        self, url: str, secret: str | None = None, *, timeout: float = 10.0, now: Callable[[], float] = time.time
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or "@" in parts.netloc:
            raise ValueError("a URL begins with http:// or https://, and holds no user name and password")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._url = url
        self._secret = secret
        self._timeout = timeout
        self._now = now
        self._opener = build_opener(_NoRedirect)

    def post(self, message: Message) -> Reply:
        """Make one attempt. Whatever goes wrong on the way is in the reply."""
        request = Request(self._url, data=message.body, headers=self._headers(message), method="POST")  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout):
                return Reply(is_delivered=True)
        except HTTPError as error:
            with error:
                return _refusal(error)
        except (OSError, HTTPException) as error:
            return Reply(is_delivered=False, may_retry=True, why=_failure(error))

    def _headers(self, message: Message) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "provisioning-webhook-notify/1",
            "X-Provisioning-Event": message.event,
            "X-Provisioning-Delivery": message.delivery,
        }
        if self._secret is not None:
            headers["X-Provisioning-Signature"] = signature_of(self._secret, int(self._now()), message.body)
        return headers


def _refusal(error: HTTPError) -> Reply:
    if 300 <= error.code < 400:
        return Reply(is_delivered=False, why=f"it answered {error.code}, and redirects are not followed")
    may_retry = error.code == 429 or error.code >= 500
    return Reply(is_delivered=False, may_retry=may_retry, why=f"it answered {error.code}", retry_after=_seconds(error))


def _seconds(error: HTTPError) -> float | None:
    value = error.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _failure(error: Exception) -> str:
    """Say what failed without the text of the error, which may hold the URL."""
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    if isinstance(cause, TimeoutError):
        return "it did not answer in time"
    text = cause.strerror if isinstance(cause, OSError) else None
    return f"it cannot be reached ({text or type(cause).__name__})"
