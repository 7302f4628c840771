"""What happened to a run, or to one of its operations."""

from collections.abc import Mapping
from typing import Any

from provisioning.errors.root import ProvisioningError

__all__ = [
    "OperationDenied",
    "OperationFailed",
    "OperationInDoubt",
    "OperationTimedOut",
    "RunConflict",
    "RunFenced",
    "RunInterrupted",
    "RunLocked",
    "RunNotFound",
    "RunTimedOut",
    "WorkflowError",
]


class WorkflowError(ProvisioningError):
    """Something is wrong with a run; `workflow_id` names it."""

    http_status = 409

    def __init__(
        self,
        message: str,
        *,
        workflow_id: str | None = None,
        hint: str | None = None,
        retryable: bool | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retryable=retryable, details=details)
        self.workflow_id = workflow_id


class OperationFailed(WorkflowError):
    """An operation ended without what it was for, and no cloud is to blame."""


class OperationDenied(WorkflowError):
    """A guard refused the operation, or failed while it was asked (which counts as no)."""

    http_status = 403


class OperationTimedOut(WorkflowError):
    """An operation did not end within its time-out."""

    http_status = 504


class RunTimedOut(WorkflowError):
    """A run did not end within its own time-out."""

    http_status = 504


class OperationInDoubt(WorkflowError):
    """An operation was started, its outcome is unknown, and nothing can be asked about it."""


class RunNotFound(WorkflowError):
    """The journal has no run with this workflow id."""

    exit_code = 2
    http_status = 404


class RunConflict(WorkflowError):
    """The run exists and cannot do this: another document under its id, or a state that does not allow it."""

    exit_code = 2


class RunLocked(WorkflowError):
    """Another process drives this run now."""


class RunFenced(WorkflowError):
    """This process lost the run's lease and may no longer write to it."""


class RunInterrupted(WorkflowError):
    """The run was stopped from outside before its end; it can be resumed or rolled back."""

    exit_code = 130
