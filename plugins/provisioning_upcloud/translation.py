"""The border to the SDK: its exceptions and UpCloud's error codes, in the field's words.

The codes: https://developers.upcloud.com/1.3, under the errors of each request.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from provisioning.errors import (
    AccessDenied,
    Ambiguous,
    CapacityUnavailable,
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ProviderError,
    ResourceConflict,
    ServiceInternalError,
    ServiceLimitExceeded,
    Throttling,
)

__all__ = ["code_of", "translated"]

_CODES: Mapping[str, type[ProviderError]] = {
    "AUTHENTICATION_FAILED": InvalidCredentials,
    "INSUFFICIENT_CREDITS": ServiceLimitExceeded,
    "TRIAL_PLAN": ServiceLimitExceeded,
    "SERVER_CREATING_LIMIT_REACHED": Throttling,
    "SERVER_NOT_FOUND": NotFound,
    "STORAGE_ATTACHED": ResourceConflict,
    "BACKUP_RULE_CONFLICT": ResourceConflict,
}
"""Only a server is `NotFound`, which proves that it is gone; anything else that is missing is an invalid request."""
_ENDS: Mapping[str, type[ProviderError]] = {
    "_FORBIDDEN": AccessDenied,
    "_RESOURCES_UNAVAILABLE": CapacityUnavailable,
    "_LIMIT_REACHED": ServiceLimitExceeded,
    "_STATE_ILLEGAL": ResourceConflict,
    "_IN_USE": ResourceConflict,
}
_STATUSES: Mapping[int, type[ProviderError]] = {
    401: InvalidCredentials,
    402: ServiceLimitExceeded,
    403: AccessDenied,
    409: ResourceConflict,
    429: Throttling,
}
_HINTS: Mapping[type[ProviderError], str] = {
    AccessDenied: "let the API user's permissions allow this",
    InvalidCredentials: "check UPCLOUD_USERNAME and UPCLOUD_PASSWORD, and that the user may use the API",
    CapacityUnavailable: "give the operation several `zones`, or another size",
    ServiceLimitExceeded: "add credits or ask for higher limits, or delete what is not needed",
}


@contextmanager
def translated(provider: str, doing: str) -> Iterator[None]:
    """Turn what the SDK raises into a `ProviderError`; `doing` says what was tried ("create server web")."""
    try:
        yield
    except Exception as error:
        found = _found(error, f"{provider} could not {doing}", provider)
        if found is None:
            raise
        raise found from error


def code_of(error: ProviderError) -> str | None:
    """Return UpCloud's code of an error; None when it has none."""
    return error.details.get("code") or None


def _found(error: Exception, subject: str, provider: str) -> ProviderError | None:
    import requests  # noqa: PLC0415 - slow; whoever raises has imported it
    from upcloud_api.errors import UpCloudAPIError  # noqa: PLC0415

    if isinstance(error, UpCloudAPIError):
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
    status, code = error.response.status_code, _code(error)
    words = str(error.error_message or "it did not say why").removeprefix("Details: ")
    kind = _kind(code, status)
    return kind(
        f"{subject}: {words} ({code or status})",
        provider=provider,
        hint=_HINTS.get(kind),
        retry_after=_seconds(error.response.headers.get("Retry-After")),
        details={"code": code},
    )


def _code(error: Any) -> str:
    """Return the code: newer parts of the API write it at the end of the URL of a problem's type."""
    problem = error.response.json().get("type") if error.response.text else None
    if problem:
        return str(urlsplit(problem).fragment or problem).removeprefix("ERROR_")
    return str(error.error_code or "")


def _kind(code: str, status: int) -> type[ProviderError]:
    if code in _CODES:
        return _CODES[code]
    if status >= 500:
        return ServiceInternalError
    ending = next((kind for end, kind in _ENDS.items() if code.endswith(end)), None)
    return ending or _STATUSES.get(status, InvalidRequest)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdigit() else None
