"""What an error means for the operation that met it."""

from provisioning.contract import OperationRecord
from provisioning.errors import (
    AccessDenied,
    AlreadyExists,
    Ambiguous,
    CapacityUnavailable,
    ErrorInfo,
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    OperationDenied,
    OperationTimedOut,
    ProviderError,
    ProvisioningError,
    ResourceConflict,
    RunInterrupted,
    ServiceInternalError,
    ServiceLimitExceeded,
    Throttling,
    Unsupported,
)

__all__ = ["as_info", "is_retryable", "leaves_doubt", "leaves_nothing", "retry_after"]

_REFUSALS = (
    AccessDenied,
    AlreadyExists,
    CapacityUnavailable,
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    OperationDenied,
    ResourceConflict,
    ServiceLimitExceeded,
    Throttling,
    Unsupported,
)


def as_info(error: BaseException) -> ErrorInfo:
    """Return any error as data."""
    if isinstance(error, ProvisioningError):
        return error.info()
    return ErrorInfo("InternalError", f"{type(error).__name__}: {error}", "this is a defect; please report it")


def is_retryable(error: BaseException) -> bool:
    """Whether the same call may succeed later with nothing changed."""
    return isinstance(error, ProvisioningError) and error.retryable


def retry_after(error: BaseException) -> float | None:
    """Return the time that the cloud asked us to wait, in seconds."""
    return error.retry_after if isinstance(error, ProviderError) else None


def leaves_doubt(error: BaseException) -> bool:
    """Whether the call may have acted all the same, so that the cloud must be asked before anything else."""
    return isinstance(error, (Ambiguous, OperationTimedOut, RunInterrupted, ServiceInternalError))


def leaves_nothing(error: BaseException, record: OperationRecord) -> bool:
    """Whether the operation certainly changed nothing: the cloud refused it, and no earlier call made anything."""
    return isinstance(error, _REFUSALS) and not record.resources and record.progress is None
