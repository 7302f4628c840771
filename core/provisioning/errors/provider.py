"""What a cloud answered, in the field's words (CloudFormation's handler error codes, and three of ours)."""

from collections.abc import Mapping
from typing import Any

from provisioning.errors.root import ProvisioningError

__all__ = [
    "AccessDenied",
    "AlreadyExists",
    "Ambiguous",
    "CapacityUnavailable",
    "InvalidCredentials",
    "InvalidRequest",
    "NetworkFailure",
    "NotFound",
    "NotStabilized",
    "ProviderError",
    "ResourceConflict",
    "ServiceInternalError",
    "ServiceLimitExceeded",
    "Throttling",
    "Unsupported",
]


class ProviderError(ProvisioningError):
    """A provider could not do what it was asked.

    `provider` is the instance's name; the core fills it in when the provider left it out. `retry_after` is the
    time in seconds that the cloud asked us to wait, where it did.
    """

    http_status = 502

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        hint: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retryable=retryable, details=details)
        self.provider = provider
        self.retry_after = retry_after


class InvalidRequest(ProviderError):
    """The cloud refuses the request as it stands; sending it again changes nothing."""

    http_status = 422


class AccessDenied(ProviderError):
    """The credentials are valid and do not allow this."""

    http_status = 403


class InvalidCredentials(ProviderError):
    """The credentials are missing, wrong or expired."""

    http_status = 401


class AlreadyExists(ProviderError):
    """Something else holds the name or the identity asked for."""

    http_status = 409


class NotFound(ProviderError):
    """There is no such thing, or no longer."""

    http_status = 404


class ResourceConflict(ProviderError):
    """The resource is busy or in a state that does not allow this now."""

    http_status = 409
    default_retryable = True


class Throttling(ProviderError):
    """Too many requests: slow down, for `retry_after` seconds where it is given."""

    http_status = 429
    default_retryable = True


class ServiceLimitExceeded(ProviderError):
    """A quota of the account is used up."""

    http_status = 409


class NotStabilized(ProviderError):
    """The resource did not reach the state asked for."""

    http_status = 504
    default_retryable = True


class NetworkFailure(ProviderError):
    """The cloud was not reached, and the request was certainly not acted on."""

    http_status = 502
    default_retryable = True


class ServiceInternalError(ProviderError):
    """The cloud failed by its own account."""

    http_status = 502
    default_retryable = True


class CapacityUnavailable(ProviderError):
    """The cloud has no room for this size in this place now."""

    http_status = 503


class Unsupported(ProviderError):
    """The provider does not offer this capability."""

    http_status = 501


class Ambiguous(ProviderError):
    """The request was sent and its outcome is unknown: a lost reply.

    Never retried with a new client token: the engine asks `find_server` for the old one first.
    """

    http_status = 504
    default_retryable = True
