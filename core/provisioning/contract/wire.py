"""Jobs and their ends as JSON values, for an engine that has them carried out in another process.

An order names its operation and holds no parameter: a worker reads the run's document and the results that it refers
to in the journal, and resolves them with its own configuration. So no secret travels, and a digest says whether both
sides have resolved the same.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning import errors
from provisioning.contract.engine import EngineRun, Finished, Job, Noted, Step
from provisioning.contract.operation import (
    Absent,
    Compensation,
    Done,
    Operation,
    Pending,
    Resource,
    Unsettled,
)
from provisioning.errors import ErrorInfo, ExtensionBroken, ProvisioningError

__all__ = ["as_answer", "as_error", "as_finished", "as_job", "as_order", "digest_of", "error_answer", "note_answer"]

_ATTRIBUTES = ("provider", "retry_after", "workflow_id", "extension", "path", "type", "id")
"""What errors have beside what every error has, where it is a JSON value."""


def digest_of(parameters: Mapping[str, Any]) -> str:
    """Return a SHA-256 of resolved parameters."""
    text = json.dumps(parameters, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def as_order(job: Job, run: EngineRun) -> dict[str, Any]:
    """Return a job as an order: everything but the parameters, of which only the digest goes along."""
    operation = job.operation
    return {
        "workflow_id": run.workflow_id,
        "fence": run.fence,
        "ticket": job.ticket,
        "step": job.step.value,
        "operation": operation.id,
        "kind": operation.kind,
        "provider": operation.provider,
        "zone": job.zone,
        "token": operation.client_token,
        "labels": dict(operation.labels),
        "state": dict(operation.state),
        "digest": digest_of(operation.parameters),
        "attempt": job.attempt,
        "timeout": job.timeout,
        "compensation": None if job.compensation is None else job.compensation.as_dict(),
    }


def as_job(order: Mapping[str, Any], parameters: Mapping[str, Any]) -> Job:
    """Return the job that an order stands for, with the parameters that were resolved for it."""
    compensation = order["compensation"]
    operation = Operation(
        id=order["operation"],
        kind=order["kind"],
        parameters=parameters,
        workflow_id=order["workflow_id"],
        client_token=order["token"],
        provider=order["provider"],
        labels=order["labels"],
        state=order["state"],
    )
    return Job(
        order["ticket"],
        Step(order["step"]),
        operation,
        order["attempt"],
        order["timeout"],
        None if compensation is None else Compensation.from_dict(compensation),
        order["zone"],
    )


def as_answer(value: object) -> dict[str, Any]:
    """Return what a hook returned as JSON values."""
    if isinstance(value, Done):
        told: dict[str, Any] = {"result": dict(value.result)}
    elif isinstance(value, Pending):
        told = {"after": value.after, "state": dict(value.state)}
    elif isinstance(value, Compensation):
        return {"end": "Compensation", **value.as_dict()}
    elif isinstance(value, Absent | Unsettled):
        return {"end": type(value).__name__}
    else:
        return {"end": None}
    compensation = None if value.compensation is None else value.compensation.as_dict()
    resources = [resource.as_dict() for resource in value.resources]
    return {"end": type(value).__name__, **told, "resources": resources, "compensation": compensation}


def error_answer(error: BaseException) -> dict[str, Any]:
    """Return what a hook raised as JSON values; what is no error of ours is a defect of an extension."""
    if not isinstance(error, ProvisioningError):
        hint = "this is a defect; please report it"
        error = ExtensionBroken(f"{type(error).__name__}: {error}", extension="", hint=hint)
    attributes = {name: getattr(error, name) for name in _ATTRIBUTES if _is_simple(getattr(error, name, None))}
    return {"end": "error", "error": error.info().as_dict(), "attributes": attributes}


def note_answer(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a note as JSON values."""
    return {"end": "note", "kind": kind, "data": dict(data)}


def as_finished(ticket: int, answer: Mapping[str, Any]) -> Finished | Noted:
    """Read an answer back, of whatever kind."""
    end = answer["end"]
    if end == "note":
        return Noted(ticket, answer["kind"], answer["data"])
    if end == "error":
        return Finished(ticket, error=as_error(answer))
    if end == "Compensation":
        return Finished(ticket, Compensation.from_dict(answer))
    if end in ("Done", "Pending"):
        return Finished(ticket, _outcome(answer))
    return Finished(ticket, {"Absent": Absent(), "Unsettled": Unsettled(), None: None}[end])


def _outcome(answer: Mapping[str, Any]) -> Done | Pending:
    resources = tuple(Resource(**each) for each in answer["resources"])
    written = answer["compensation"]
    compensation = None if written is None else Compensation.from_dict(written)
    if answer["end"] == "Done":
        return Done(answer["result"], resources, compensation)
    return Pending(answer["after"], answer["state"], resources, compensation)


def as_error(answer: Mapping[str, Any]) -> ProvisioningError:
    """Make the error again that an answer tells of: of its own class, where there is one of its code."""
    info = ErrorInfo.from_dict(answer["error"])
    found = getattr(errors, info.code, None)
    kind = found if isinstance(found, type) and issubclass(found, ProvisioningError) else ProvisioningError
    error = kind.__new__(kind)
    for name in dict(_defaults(kind)):
        setattr(error, name, None)
    for name, value in answer["attributes"].items():
        setattr(error, name, value)
    ProvisioningError.__init__(error, info.message, hint=info.hint, retryable=info.retryable, details=info.details)
    return error


def _defaults(kind: type[ProvisioningError]) -> Iterator[tuple[str, None]]:
    """Yield the names that the classes of an error give its objects: what did not travel is None."""
    for each in kind.__mro__:
        code = getattr(each.__dict__.get("__init__"), "__code__", None)
        if code is not None and each is not ProvisioningError:
            yield from ((name, None) for name in code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])


def _is_simple(value: object) -> bool:
    return value is not None and isinstance(value, str | int | float)
