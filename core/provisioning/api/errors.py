"""What a request can be refused for before the application is asked; each says so as every error of the house does."""

from http import HTTPStatus
from typing import Any, ClassVar

from provisioning.errors import ProvisioningError

__all__ = [
    "Busy",
    "ForbiddenOrigin",
    "HttpRefusal",
    "InvalidParameter",
    "MissingScope",
    "RequestError",
    "Stopping",
    "TooLarge",
    "Unauthorized",
    "UnknownHost",
    "UnsupportedMediaType",
]


class RequestError(ProvisioningError):
    """A request that is not carried out; `headers` go with the answer."""

    http_status: ClassVar[int] = 400
    headers: ClassVar[dict[str, str]] = {}


class InvalidParameter(RequestError):
    """A parameter of the request cannot be what it is."""

    http_status = 422


class Unauthorized(RequestError):
    """A token is needed, and none came that holds."""

    http_status = 401
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


class MissingScope(RequestError):
    """The token does not allow this."""

    http_status = 403


class ForbiddenOrigin(RequestError):
    """A page of somebody else's asked for a change."""

    http_status = 403


class UnknownHost(RequestError):
    """The request calls the server by a name that is not its own."""

    http_status = 421


class TooLarge(RequestError):
    """The body is longer than the server takes."""

    http_status = 413


class UnsupportedMediaType(RequestError):
    """The body is not JSON."""

    http_status = 415


class Busy(RequestError):
    """The client asks more often than it may."""

    http_status = 429
    default_retryable = True
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class Stopping(RequestError):
    """The server is about to end, and begins nothing more."""

    http_status = 503
    default_retryable = True


class HttpRefusal(ProvisioningError):
    """What the framework itself refuses: an unknown path, a method that a path does not have."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.status = HTTPStatus(status)
        self.headers = headers or {}

    @property
    def code(self) -> str:
        """The stable name of this error: its status in one word."""
        return "".join(word.capitalize() for word in self.status.name.split("_"))
