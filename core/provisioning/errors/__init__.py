"""Every error of the project, drawn as one tree.

ProvisioningError
  ConfigurationError              bad input: config, a document, a reference; carries every problem found
  ProviderError [provider]        what a cloud answered, in CloudFormation's words
    InvalidRequest AccessDenied InvalidCredentials AlreadyExists NotFound ResourceConflict
    Throttling ServiceLimitExceeded NotStabilized NetworkFailure ServiceInternalError
    CapacityUnavailable Unsupported Ambiguous
  WorkflowError [workflow_id]     what happened to a run or one of its operations
    OperationFailed OperationDenied OperationTimedOut OperationInDoubt
    RunNotFound RunConflict RunLocked RunFenced RunInterrupted RunTimedOut
  ResourceError [type/id]         a resource is not what an operation needs
    ResourceMissing ResourceBroken
  ExtensionError [name]           an extension cannot be found, fitted or called
    ExtensionNotFound ExtensionNotReady ExtensionNotRemovable ExtensionBroken HookRejected InstallerFailed
  JournalError [path]             the journal cannot be read or written
    JournalLocked JournalCorrupt JournalFull JournalReadOnly JournalTooNew

The provider words are the handler error codes of AWS CloudFormation
(https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html).
"""

from provisioning.errors.configuration import ConfigurationError, Problem
from provisioning.errors.extension import (
    ExtensionBroken,
    ExtensionError,
    ExtensionNotFound,
    ExtensionNotReady,
    ExtensionNotRemovable,
    HookRejected,
    InstallerFailed,
)
from provisioning.errors.journal import (
    JournalCorrupt,
    JournalError,
    JournalFull,
    JournalLocked,
    JournalReadOnly,
    JournalTooNew,
)
from provisioning.errors.provider import (
    AccessDenied,
    AlreadyExists,
    Ambiguous,
    CapacityUnavailable,
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    NotStabilized,
    ProviderError,
    ResourceConflict,
    ServiceInternalError,
    ServiceLimitExceeded,
    Throttling,
    Unsupported,
)
from provisioning.errors.resource import ResourceBroken, ResourceError, ResourceMissing
from provisioning.errors.root import ErrorInfo, ProvisioningError
from provisioning.errors.workflow import (
    OperationDenied,
    OperationFailed,
    OperationInDoubt,
    OperationTimedOut,
    RunConflict,
    RunFenced,
    RunInterrupted,
    RunLocked,
    RunNotFound,
    RunTimedOut,
    WorkflowError,
)

__all__ = [
    "AccessDenied",
    "AlreadyExists",
    "Ambiguous",
    "CapacityUnavailable",
    "ConfigurationError",
    "ErrorInfo",
    "ExtensionBroken",
    "ExtensionError",
    "ExtensionNotFound",
    "ExtensionNotReady",
    "ExtensionNotRemovable",
    "HookRejected",
    "InstallerFailed",
    "InvalidCredentials",
    "InvalidRequest",
    "JournalCorrupt",
    "JournalError",
    "JournalFull",
    "JournalLocked",
    "JournalReadOnly",
    "JournalTooNew",
    "NetworkFailure",
    "NotFound",
    "NotStabilized",
    "OperationDenied",
    "OperationFailed",
    "OperationInDoubt",
    "OperationTimedOut",
    "Problem",
    "ProviderError",
    "ProvisioningError",
    "ResourceBroken",
    "ResourceConflict",
    "ResourceError",
    "ResourceMissing",
    "RunConflict",
    "RunFenced",
    "RunInterrupted",
    "RunLocked",
    "RunNotFound",
    "RunTimedOut",
    "ServiceInternalError",
    "ServiceLimitExceeded",
    "Throttling",
    "Unsupported",
    "WorkflowError",
]
