"""What extensions answer over HTTP: their routes, each below its extension's own path, and one request answered.

A server mounts this and knows no extension. Whatever a handler does, the answer is the envelope.
"""

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from provisioning.contract import ApiReply, ApiRequest, ApiRoute, reply_document
from provisioning.dispatch import Service, described, parts_of
from provisioning.errors import (
    ConfigurationError,
    ErrorInfo,
    ExtensionBroken,
    ExtensionError,
    HookRejected,
    ProvisioningError,
)
from provisioning.extensions import ExtensionProblem, ExtensionRecord, ProblemCode, Registry

__all__ = ["MountedRoute", "RouteAnswer", "Routes"]

_LOGGER = logging.getLogger("provisioning.extensions")
PREFIX = "/extensions"


@dataclass(frozen=True, slots=True)
class MountedRoute:
    """One route of the extension `extension` and the whole path under which it is reached."""

    extension: str
    path: str
    route: ApiRoute

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        route = self.route
        return {
            "extension": self.extension,
            "method": route.method,
            "path": self.path,
            "summary": route.summary,
            "scope": str(route.scope),
        }

    def parameters(self, path: str) -> Mapping[str, str] | None:
        """Return what a request's path has in the place of each name in braces; None when it is another path."""
        wanted, given = parts_of(self.path), parts_of(path)
        if len(wanted) != len(given):
            return None
        found = {}
        for part, raw in zip(wanted, given, strict=True):
            if part.startswith("{") and raw:
                found[part[1:-1]] = unquote(raw)
            elif part != raw:
                return None
        return found


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """What goes back over HTTP: the status, and the envelope as its body."""

    status: int
    document: Mapping[str, Any]


class _Unanswered(Exception):
    """A request that is no route's."""

    def __init__(self, status: int, error: ErrorInfo) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error


class Routes:
    """The routes of all extensions that can be used; `service` makes one ready, `redact` takes secrets out."""

    def __init__(
        self,
        registry: Registry,
        service: Callable[[ExtensionRecord], Service],
        redact: Callable[[Any], Any],
        *,
        is_strict: bool = False,
    ) -> None:
        self._registry = registry
        self._service = service
        self._redact = redact
        self._is_strict = is_strict
        self._lock = threading.RLock()
        self._mounted: Sequence[MountedRoute] | None = None

    def all(self) -> Sequence[MountedRoute]:
        """Return every route, each below `/extensions/NAME`; the extensions are asked once.

        One that is broken is left out, and its record says why.
        """
        with self._lock:
            if self._mounted is None:
                self._mounted = [route for record in self._registry.records for route in self._of(record)]
            return self._mounted

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        request_id: str | None = None,
    ) -> RouteAnswer:
        """Answer one request; `body` is a JSON value, and who asks has been let in.

        Whatever the extension does, the answer is an HTTP status and the envelope; nothing is raised for it.
        """
        answer = partial(reply_document, at=time.time(), request_id=request_id or str(uuid.uuid4()))
        try:
            mounted, parameters = self._find(method, path)
            reply = _answered(mounted, ApiRequest(method, path, parameters, query or {}, headers or {}, body))
        except _Unanswered as unanswered:
            return RouteAnswer(unanswered.status, answer(None, status="error", error=unanswered.error.as_dict()))
        except ProvisioningError as error:
            told = self._redact(error.info().as_dict())
            return RouteAnswer(error.http_status, answer(None, status="error", error=told))
        word = "pending" if reply.status == HTTPStatus.ACCEPTED else "success"
        return RouteAnswer(reply.status, answer(self._redact(reply.data), status=word))

    def _of(self, record: ExtensionRecord) -> Sequence[MountedRoute]:
        if not record.is_ready or "api_routes" not in record.manifest.services():
            return ()
        try:
            routes = self._service(record).api_routes()
        except (ConfigurationError, ExtensionError) as error:
            if record.is_ready:
                record.refuse(ExtensionProblem(_code_of(error), error.message, error.hint))
            if self._is_strict:
                raise
            words = " ".join(str(self._redact(error.message)).split())
            _LOGGER.warning("%s", words, extra={"event": "ExtensionFailed", "extension": record.name})
            return ()
        return [MountedRoute(record.name, f"{PREFIX}/{record.name}{route.path}", route) for route in routes]

    def _find(self, method: str, path: str) -> tuple[MountedRoute, Mapping[str, str]]:
        """Return the route of a request: one that spells the path out comes before one that names parts of it."""
        found = [(one, parameters) for one in self.all() if (parameters := one.parameters(path)) is not None]
        if not found:
            hint = "the routes of an extension stand below /extensions/NAME"
            raise _Unanswered(HTTPStatus.NOT_FOUND, ErrorInfo("NotFound", f"nothing answers at {path}", hint))
        fitting = [pair for pair in found if pair[0].route.method == method]
        if not fitting:
            methods = ", ".join(sorted({one.route.method for one, _ in found}))
            message = f"{path} does not answer {method}"
            raise _Unanswered(
                HTTPStatus.METHOD_NOT_ALLOWED, ErrorInfo("MethodNotAllowed", message, f"it answers {methods}")
            )
        return min(fitting, key=lambda pair: [part.startswith("{") for part in parts_of(pair[0].path)])


def _code_of(error: ProvisioningError) -> ProblemCode:
    if isinstance(error, ConfigurationError):
        return ProblemCode.CONFIG_INVALID
    return ProblemCode.HOOKS_REJECTED if isinstance(error, HookRejected) else ProblemCode.PLUGIN_FAILED


def _answered(mounted: MountedRoute, request: ApiRequest) -> ApiReply:
    """Call a handler; raise `ExtensionBroken` for whatever is not an answer."""
    try:
        reply = mounted.route.handler(request)
    except ProvisioningError:
        raise
    except (Exception, SystemExit) as error:
        raise _broken(mounted, f"failed with {described(error)}") from error
    if not isinstance(reply, ApiReply):
        raise _broken(mounted, f"answered with an object of type {type(reply).__name__}, not with an ApiReply")
    if not isinstance(reply.status, int) or not 200 <= reply.status <= 299:
        raise _broken(
            mounted, f"answered with the status {reply.status!r}; it raises an error to say that one occurred"
        )
    try:
        json.dumps(reply.data, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _broken(mounted, "answered with what is no JSON value") from error
    return reply


def _broken(mounted: MountedRoute, what: str) -> ExtensionBroken:
    route = f"{mounted.route.method} {mounted.path}"
    return ExtensionBroken(
        f"the handler of {route} {what}",
        extension=mounted.extension,
        hint=f"this is a defect of extension {mounted.extension}",
    )
