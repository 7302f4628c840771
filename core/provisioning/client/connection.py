"""The connection to a server: each answer in the envelope, each error as the one that it was there."""

import contextlib
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from provisioning import errors
from provisioning.errors import ConfigurationError, ErrorInfo, NetworkFailure, Problem, ProvisioningError

__all__ = ["Connection"]

_SCHEMES = ("http", "https")
_REQUIRED: Mapping[type[ProvisioningError], str] = {
    errors.ExtensionError: "extension",
    errors.ResourceError: "resource",
    errors.JournalError: "path",
}
"""What an error of a branch of the tree is not made without; the message names it already."""


class Connection:
    """Asks one server. `token` is sent with every request; `timeout` is in seconds, and between two pieces of a stream.

    Redirections are not followed: a token is for one server only.
    """

    def __init__(
        self, url: str, *, token: str | None = None, timeout: float = 60.0, certificates: Path | None = None
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ConfigurationError(f"{url!r} is no server's URL", hint="write it like http://localhost:9090")
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        context = _context(certificates) if parts.scheme == "https" else None
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect(), urllib.request.ProxyHandler({})]
        if context is not None:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str, **query: Any) -> Any:
        """Return the `data` of an answer; raises what the server answered with, and `NetworkFailure`."""
        return self._ask("GET", path, query, None)["data"]

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Return the `data` of the answer to a change; as `get`."""
        return self._ask("POST", path, query, body)["data"]

    def pages(self, path: str, cursor: str = "cursor", **query: Any) -> Iterator[Any]:
        """Yield the members of a list, page by page; `cursor` is what its cursor is called."""
        while True:
            answer = self._ask("GET", path, query, None)
            yield from answer["data"]
            following = answer["metadata"]["next_cursor"]
            if following is None:
                return
            query[cursor] = following

    def lines(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield the documents of a stream of JSON lines, and None for each heart-beat."""
        with self._open("GET", path, query, None, "application/jsonl") as response, self._translated():
            for line in response:
                yield json.loads(line) if line.strip() else None

    def _ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> Any:
        with self._open(method, path, query, body, "application/json") as response, self._translated():
            return json.load(response)

    def _open(self, method: str, path: str, query: Mapping[str, Any], body: Any, accept: str) -> HTTPResponse:
        given = {name: value for name, value in query.items() if value is not None}
        url = f"{self.url}{urllib.parse.quote(path)}?{urllib.parse.urlencode(given, doseq=True)}"
        headers = {"Accept": accept}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310 - its scheme was checked
        with self._translated():
            response: HTTPResponse = self._opener.open(request, timeout=self._timeout)
            return response

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what urllib raises into the error that the server answered with, or into `NetworkFailure`."""
        try:
            yield
        except urllib.error.HTTPError as error:
            with error:
                raise self._error(error.code, error.read()) from None
        except urllib.error.URLError as error:
            raise self._unreachable(str(error.reason)) from error
        except (OSError, HTTPException, ValueError) as error:
            raise self._unreachable(f"{type(error).__name__}: {error}") from error

    def _unreachable(self, reason: str) -> NetworkFailure:
        return NetworkFailure(
            f"the server {self.url} gives no answer: {reason}", hint="does `provisioning serve` run there?"
        )

    def _error(self, status: int, content: bytes) -> ProvisioningError:
        try:
            found = json.loads(content)["error"]
            details = dict(found["details"])
            info = ErrorInfo(
                found["code"],
                found["message"],
                details.pop("hint", None),
                bool(details.pop("retryable", False)),
                details,
            )
        except (ValueError, TypeError, KeyError):
            return NetworkFailure(f"the server {self.url} answers with {status}, and not as a server of provisioning")
        return _as_error(info)


def _context(certificates: Path | None) -> ssl.SSLContext:
    """Return what checks a server's certificate; raise `ConfigurationError` for a file that holds none."""
    try:
        return ssl.create_default_context(cafile=certificates)
    except OSError as error:
        reason = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigurationError(
            f"certificates: {certificates} cannot be used: {reason}", hint="name a file of certificates in PEM"
        ) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Refuse."""


def _as_error(info: ErrorInfo) -> ProvisioningError:
    """Return the error that `info` was made of, as far as it can be told."""
    kind = getattr(errors, info.code, None)
    if not (isinstance(kind, type) and issubclass(kind, ProvisioningError)):
        return _Refused(info)
    if issubclass(kind, ConfigurationError):
        problems = [Problem(**problem) for problem in info.details.get("problems", ())]
        return kind(info.message, problems=problems, hint=info.hint)
    more: dict[str, Any] = {name: "" for branch, name in _REQUIRED.items() if issubclass(kind, branch)}
    if not issubclass(kind, errors.JournalError):
        more["details"] = info.details
    error: ProvisioningError = kind(info.message, hint=info.hint, retryable=info.retryable, **more)
    return error


class _Refused(ProvisioningError):
    """The server refused the request before the application was asked."""

    exit_code = 2

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.message, hint=info.hint, retryable=info.retryable, details=info.details)
        self._code = info.code

    @property
    def code(self) -> str:
        """The code that the server gave."""
        return self._code
