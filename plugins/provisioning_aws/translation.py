"""The border to the SDK: botocore's exceptions and EC2's error codes, in the field's words.

The codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
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

_CODES: Mapping[type[ProviderError], tuple[str, ...]] = {
    AccessDenied: ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "Blocked", "OptInRequired"),
    AlreadyExists: ("InvalidKeyPair.Duplicate", "InvalidGroup.Duplicate", "InvalidPermission.Duplicate",
                    "InvalidSubnet.Conflict"),
    CapacityUnavailable: ("InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity",
                          "InsufficientReservedInstanceCapacity", "SpotMaxPriceTooLow"),
    InvalidCredentials: ("AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken",
                         "RequestExpired", "UnrecognizedClientException", "InvalidAccessKeyId", "PendingVerification"),
    ResourceConflict: ("IncorrectInstanceState", "IncorrectState", "IdempotentParameterMismatch",
                       "OperationNotPermitted", "DependencyViolation", "ResourceInUse", "VolumeInUse",
                       "InvalidGroup.InUse"),
    ServiceInternalError: ("InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable",
                           "ServiceUnavailableException"),
    ServiceLimitExceeded: ("InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded",
                           "AddressLimitExceeded", "VolumeLimitExceeded", "TagLimitExceeded",
                           "SecurityGroupLimitExceeded", "ResourceLimitExceeded", "MaxIOPSLimitExceeded"),
    Throttling: ("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException",
                 "EC2ThrottledException", "RequestThrottled", "BandwidthLimitExceeded"),
    Unsupported: ("UnsupportedOperation", "InvalidAction", "UnknownOperation"),
}  # fmt: skip
_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}
_HINTS: Mapping[type[ProviderError], str] = {
    AccessDenied: "let the credentials' user or role do this (IAM)",
    InvalidCredentials: "check `credentials_profile`, the AWS_* variables and the machine's clock",
    CapacityUnavailable: "give the operation several `zones`, or another size",
    ServiceLimitExceeded: "ask for a higher quota, or delete what is not needed",
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


def code_of(error: BaseException) -> str | None:
    """Return EC2's code of an error that was translated, or of the SDK's own; None when it has none."""
    response: Any = getattr(error.__cause__ or error, "response", None)
    return response.get("Error", {}).get("Code") if isinstance(response, dict) else None


def _found(error: Exception, subject: str, provider: str) -> ProviderError | None:
    from botocore import exceptions as sdk  # noqa: PLC0415 - slow; whoever raises has imported it
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    if isinstance(error, sdk.ClientError):
        return _answered(error.response, subject, provider)
    if isinstance(error, sdk.NoRegionError):
        return InvalidRequest(f"{subject}: no region is set", provider=provider, hint="set `region`")
    if isinstance(
        error, (sdk.NoCredentialsError, sdk.PartialCredentialsError, sdk.ProfileNotFound, sdk.TokenRetrievalError)
    ):
        return InvalidCredentials(f"{subject}: {error}", provider=provider, hint=_HINTS[InvalidCredentials])
    if isinstance(
        error, (sdk.EndpointConnectionError, sdk.ConnectTimeoutError, sdk.ProxyConnectionError, sdk.SSLError)
    ):
        return NetworkFailure(f"{subject}: the API cannot be reached", provider=provider, hint="check the network")
    if isinstance(error, sdk.ParamValidationError):
        return InvalidRequest(f"{subject}: the SDK refuses the parameters", provider=provider)
    if isinstance(error, sdk.HTTPClientError | sdk.IncompleteReadError | ResponseParserError):
        return Ambiguous(f"{subject}: the reply was lost", provider=provider)
    if isinstance(error, sdk.BotoCoreError):
        return InvalidRequest(f"{subject}: {type(error).__name__}", provider=provider)
    return None


def _answered(response: Mapping[str, Any], subject: str, provider: str) -> ProviderError:
    code = str(response.get("Error", {}).get("Code", ""))
    words = str(response.get("Error", {}).get("Message", "")).strip() or "it did not say why"
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    kind = _kind(code, status)
    return kind(f"{subject}: {words} ({code})", provider=provider, hint=_HINTS.get(kind), details={"code": code})


def _kind(code: str, status: int) -> type[ProviderError]:
    if code in _BY_CODE:
        return _BY_CODE[code]
    if code.endswith((".NotFound", "NotFoundException", ".Malformed")) or code == "ParameterNotFound":
        return NotFound
    if status >= 500 or not code:
        return ServiceInternalError
    return InvalidRequest
