"""What an error means for the operation that met it."""

import math
from dataclasses import replace

from provisioning.contract import OperationRecord
from provisioning.errors import (
    AccessDenied,
    AlreadyExists,
    Ambiguous,
    CapacityUnavailable,
    ErrorInfo,
    ExtensionBroken,
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
from provisioning.workflow.answer import is_plain

__all__ = ["as_info", "is_refusal", "is_retryable", "is_unknown", "leaves_doubt", "retry_after"]

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
    """Return any error as data that the journal can keep."""
    if not isinstance(error, ProvisioningError):
        return ErrorInfo("InternalError", f"{type(error).__name__}: {error}", "this is a defect; please report it")
    info = error.info()
    return info if is_plain(info.details) else replace(info, details={})


def is_retryable(error: BaseException) -> bool:
    """Whether the same call may succeed later with nothing changed."""
    return isinstance(error, ProvisioningError) and error.retryable


def retry_after(error: BaseException) -> float | None:
    """Return the time that the cloud asked us to wait, in seconds."""
    seconds = error.retry_after if isinstance(error, ProviderError) else None
    return seconds if isinstance(seconds, int | float) and math.isfinite(seconds) else None


def is_refusal(error: BaseException) -> bool:
    """Whether the call certainly did nothing: it was refused, or never arrived."""
    return isinstance(error, _REFUSALS)


def leaves_doubt(error: BaseException) -> bool:
    """Whether the call may have acted all the same, so that the cloud must be asked before anything else."""
    return isinstance(error, (Ambiguous, ExtensionBroken, OperationTimedOut, RunInterrupted, ServiceInternalError))


def is_unknown(record: OperationRecord) -> bool:
    """Whether nothing is known of what an operation's calls made, so that only its provider can say."""
    knows_something = record.resources or record.progress is not None or record.result is not None
    return record.provider is not None and not knows_something
