"""Where what a program does wrong, or says that went wrong, becomes an error of our tree: here and nowhere else."""

from typing import Any

from provisioning import errors
from provisioning.bridge.fault import Fault
from provisioning.bridge.program import Program
from provisioning.bridge.response import Answer, Failure
from provisioning.errors import (
    Ambiguous,
    ExtensionBroken,
    OperationFailed,
    ProviderError,
    ProvisioningError,
    ServiceInternalError,
)

__all__ = ["CHANGING", "READING", "from_failure", "from_fault"]

CHANGING = frozenset({"create_server", "delete_server", "start_server", "stop_server", "reboot_server"})
"""The hooks of a provider after whose failure nobody knows what was done."""

ABOUT_ITSELF = frozenset({"describe", "extension_validate", "check_operation", "on_event"})
"""The requests that belong to no operation: whatever a program says went wrong, it is the extension that failed."""

READING = frozenset(
    {"check_connection", "list_servers", "get_server", "find_server", "list_sizes", "list_images", "list_zones"}
)
"""The hooks of a provider that change nothing."""

_HINT = "the program's author has to mend this; docs/programs.md says what a program must answer"
_AGAIN = "if it happens again, look at what the program writes on stderr"

_CODES: dict[str, type[ProviderError]] = {
    name: error
    for name, error in vars(errors).items()
    if isinstance(error, type) and issubclass(error, ProviderError) and error is not ProviderError
}


def from_fault(fault: Fault, program: Program, operation: str) -> ProvisioningError:
    """Return the error for a program that failed to answer.

    A request that may have changed something is `Ambiguous`: the engine asks what was done. One that reads is a
    failure of the service. For anything but a provider it is a broken extension, which leaves a doubt as well.
    """
    message = fault.message(program, operation)
    hint = _AGAIN if fault.is_transient else _HINT
    details = {"operation": operation, "exit_status": fault.exit_status}
    if operation in CHANGING:
        return Ambiguous(message, hint=hint, details=details)
    if operation in READING:
        return ServiceInternalError(message, hint=hint, retryable=fault.is_transient, details=details)
    return ExtensionBroken(
        message, extension=program.extension, hint=hint, retryable=fault.is_transient, details=details
    )


def from_failure(answer: Answer, program: Program, operation: str) -> ProvisioningError:
    """Return the error that a program answered with.

    The codes of provider errors are taken as they are. Any other is the program's own: from a provider the service's
    failure, which leaves a doubt, and from an operation that it failed.
    """
    failure = answer.error or Failure(code="Partial", message="did a part of it, and says no more")
    message = program.redact(failure.message)
    if operation in ABOUT_ITSELF:
        told = f"{program} answered {operation} with {failure.code}: {message}"
        return ExtensionBroken(told, extension=program.extension, hint=failure.hint, details=failure.details)
    known = _CODES.get(failure.code)
    if answer.status == "partial" and operation in CHANGING:
        known = Ambiguous
    options: dict[str, Any] = {
        "hint": None if failure.hint is None else program.redact(failure.hint),
        "retryable": failure.retryable,
        "details": {**failure.details, **({} if known else {"code": failure.code})},
    }
    if known is not None:
        return known(message, retry_after=failure.retry_after, **options)
    message = f"{failure.code}: {message}"
    if operation in CHANGING | READING:
        return ServiceInternalError(message, retry_after=failure.retry_after, **options)
    return OperationFailed(message, **options)
