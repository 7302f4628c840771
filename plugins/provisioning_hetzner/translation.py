"""The border to the SDK: its exceptions and Hetzner's error codes, in the field's words.

The codes: https://docs.hetzner.cloud/reference/cloud, under "Errors".
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from provisioning.errors import (
    AccessDenied,
    AlreadyExists,
    Ambiguous,
    CapacityUnavailable,
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ProviderError,
    ProvisioningError,
    ResourceConflict,
    ServiceInternalError,
    ServiceLimitExceeded,
    Throttling,
    Unsupported,
)

__all__ = ["code_of", "translated"]

_CODES: Mapping[str, type[ProviderError]] = {
    "unauthorized": InvalidCredentials,
    "forbidden": AccessDenied,
    "token_readonly": AccessDenied,
    "protected": AccessDenied,
    "not_found": NotFound,
    "uniqueness_error": AlreadyExists,
    "conflict": ResourceConflict,
    "locked": ResourceConflict,
    "rate_limit_exceeded": Throttling,
    "resource_limit_exceeded": ServiceLimitExceeded,
    "resource_unavailable": CapacityUnavailable,
    "placement_error": CapacityUnavailable,
    "no_space_left_in_location": CapacityUnavailable,
    "maintenance": ServiceInternalError,
    "server_error": ServiceInternalError,
    "service_error": ServiceInternalError,
    "unavailable": ServiceInternalError,
    "bad_gateway": Ambiguous,
    "timeout": Ambiguous,
    "unsupported_error": Unsupported,
    "method_not_allowed": Unsupported,
}
_HINTS: Mapping[type[ProviderError], str] = {
    AccessDenied: "use a token that may read and write, and see whether the server is protected",
    AlreadyExists: "names are unique in a project: give another name",
    InvalidCredentials: "check HCLOUD_TOKEN",
    CapacityUnavailable: "give the operation several `zones`, or another size",
    ServiceLimitExceeded: "ask for a higher limit, or delete what is not needed",
}


@contextmanager
def translated(provider: str, doing: str) -> Iterator[None]:
    """Turn what the SDK raises into a `ProviderError`; `doing` says what was tried ("create server web")."""
    try:
        yield
    except ProvisioningError:
        raise
    except Exception as error:
        found = _found(error, f"{provider} could not {doing}", provider)
        if found is None:
            raise
        raise found from error


def code_of(error: ProviderError) -> str | None:
    """Return Hetzner's code of an error; None when it has none."""
    return error.details.get("code")


def _found(error: Exception, subject: str, provider: str) -> ProviderError | None:
    import requests  # noqa: PLC0415 - slow; whoever raises has imported it
    from hcloud import APIException  # noqa: PLC0415

    if isinstance(error, APIException):
        return _answered(error, subject, provider)
    if isinstance(error, requests.RequestException):
        if _is_unsent(error):
            return NetworkFailure(f"{subject}: the API cannot be reached", provider=provider, hint="check the network")
        return Ambiguous(f"{subject}: the reply was lost", provider=provider)
    return None


def _is_unsent(error: Exception) -> bool:
    """Whether there was no connection, so that nothing was asked."""
    import requests  # noqa: PLC0415
    from urllib3.exceptions import MaxRetryError, NewConnectionError  # noqa: PLC0415

    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _answered(error: Any, subject: str, provider: str) -> ProviderError:
    kind = _kind(error.code)
    return kind(
        f"{subject}: {error.message or 'it did not say why'} ({error.code})",
        provider=provider,
        hint=_HINTS.get(kind),
        retry_after=_pause(error.response.headers) if kind is Throttling else None,
        details={"code": str(error.code)},
    )


def _kind(code: str | int) -> type[ProviderError]:
    """Return the word for a code: the API's own, or the HTTP status of an answer that is not the API's."""
    if isinstance(code, str):
        return _CODES.get(code, InvalidRequest)
    return Ambiguous if code >= 500 else InvalidRequest


def _pause(headers: Mapping[str, str]) -> float:
    """Return how long until one more request is allowed: the limit for an hour grows back evenly."""
    limit = headers.get("RateLimit-Limit", "")
    return 3600 / int(limit) if limit.isdigit() and int(limit) else 1.0
