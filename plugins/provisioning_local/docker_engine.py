"""The border to the Docker engine: a connection for one call, and what goes wrong on it, in the field's words."""

import math
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from docker import APIClient
from docker.errors import APIError, DockerException
from requests.exceptions import RequestException

from provisioning.contract import OperationContext
from provisioning.errors import (
    AccessDenied,
    Ambiguous,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ProviderError,
    ResourceConflict,
    ServiceInternalError,
)

__all__ = ["DockerEngine"]

_TIMEOUT = 60
"""How long the engine may be silent on one call, in seconds."""
_REFUSALS: dict[int, type[ProviderError]] = {
    400: InvalidRequest,
    403: AccessDenied,
    404: NotFound,
    409: ResourceConflict,
}


class DockerEngine:
    """The engine behind one socket, as one provider instance uses it."""

    def __init__(self, provider: str, path: str) -> None:
        self._provider = provider
        self._version: str | None = None
        self.socket = path

    @contextmanager
    def connected(self, context: OperationContext) -> Iterator[APIClient]:
        """Yield a connection; whatever the SDK raises inside comes out as a `ProviderError`.

        The version of the interface is asked for once. Raises when the operation was cancelled or its time is up.
        """
        context.check()
        self._knock()
        timeout = _TIMEOUT if context.remaining is None else min(_TIMEOUT, max(1, math.ceil(context.remaining)))
        try:
            version = self._version or "auto"
            with closing(APIClient(f"unix://{self.socket}", version=version, timeout=timeout)) as client:
                self._version = client.api_version
                yield client
        except APIError as error:
            raise self._refused(error) from error
        except (DockerException, RequestException) as error:
            raise self._cut_off(error) from error

    def _knock(self) -> None:
        """Connect once before anything is sent: whoever is not there has certainly done nothing."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
            knock.settimeout(_TIMEOUT)
            try:
                knock.connect(self.socket)
            except OSError as error:
                raise self._unreachable(error) from error

    def _refused(self, error: APIError) -> ProviderError:
        kind = _REFUSALS.get(error.status_code or 0, ServiceInternalError)
        reason = (error.explanation or "").strip() or f"HTTP status {error.status_code}"
        return kind(f"provider {self._provider}: the Docker engine says: {reason}", provider=self._provider)

    def _unreachable(self, error: OSError) -> ProviderError:
        message = (
            f"provider {self._provider} cannot reach the Docker engine at {self.socket}: {error.strerror or error}"
        )
        if isinstance(error, PermissionError):
            hint = "add yourself to the group that owns the socket (`docker`), or set `docker_socket`"
            return AccessDenied(message, provider=self._provider, hint=hint)
        hint = "start it, or set `docker_socket` of this provider"
        return NetworkFailure(message, provider=self._provider, hint=hint)

    def _cut_off(self, error: DockerException | RequestException) -> ProviderError:
        reason = _system_error(error) or error
        message = f"provider {self._provider} got no usable reply of the Docker engine at {self.socket}: {reason}"
        kind = NetworkFailure if _has_only_asked(error) else Ambiguous
        return kind(message, provider=self._provider)


def _system_error(error: BaseException) -> OSError | None:
    """Return what the system said, below what the SDK and its libraries made of it."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and not isinstance(below, RequestException):
            return below
        below = below.__cause__ or below.__context__
    return None


def _has_only_asked(error: DockerException | RequestException) -> bool:
    """Whether the request was one that changes nothing, such as the first, for the version."""
    if not isinstance(error, RequestException):
        return True
    return error.request is not None and error.request.method in ("GET", "HEAD")
