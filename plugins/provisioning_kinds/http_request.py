"""`http_request`: an HTTP request, once, or again and again until the answer is as expected."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    OnDoubt,
    Operation,
    OperationContext,
    OperationKind,
    Outcome,
    Pending,
    Settlement,
    Unsettled,
    hookimpl,
)
from provisioning.errors import NetworkFailure, OperationFailed
from provisioning_kinds.exchange import HARMLESS, Answer, Inquiry, exchange
from provisioning_kinds.shape import ON_DOUBT, document, of_type, table

__all__ = ["HTTP_REQUEST"]

_GONE = (404, 410)
_REFUSED_FOR_NOW = (429, 503)
_SHOWN = 1000

_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_REQUEST: Mapping[str, Mapping[str, Any]] = {
    "url": of_type("string", "Where to ask: an http or https URL."),
    "method": of_type("string", "The method.", enum=_METHODS, default="GET"),
    "headers": of_type("object", "Headers to send.", additionalProperties={"type": "string"}),
    "body": {"description": "What to send: text as it is, anything else as JSON."},
}

_EXPECT = table(
    "What the answer must be; any status from 200 to 299 without it.",
    {
        "status": {
            "description": "The status, or the list of those that are good.",
            "anyOf": [_STATUS, {"type": "array", "items": _STATUS, "minItems": 1}],
        },
        "body_contains": of_type("string", "Text that stands in the first 64 KiB of the body."),
    },
)

_PARAMETERS = document(
    {
        **_REQUEST,
        "expect": _EXPECT,
        "poll": of_type(
            "number", "Ask every so many seconds until the answer is as expected; once without it.", exclusiveMinimum=0
        ),
        "undo": table("The request that undoes this one; it must do no harm when sent twice.", _REQUEST, ["url"]),
        "on_doubt": ON_DOUBT,
    },
    required=["url"],
)

_RESULT = document(
    {
        "status": of_type("integer", "The status."),
        "headers": of_type("object", "The headers, their names in small letters."),
        "body": of_type("string", "The body, cut after 64 KiB."),
        "json": {"description": "The body as a value, when it is JSON; null otherwise."},
    },
    required=["status", "headers", "body", "json"],
)


class _HttpRequest:
    """Asks, and compares the answer with what is expected of it."""

    @hookimpl
    def prepare_operation(self, operation: Operation) -> Compensation | None:
        """Say that the request given as `undo` will be sent; nothing secret of it is journaled."""
        if "undo" not in operation.parameters:
            return None
        undo = _inquiry(operation, operation.parameters["undo"])
        return Compensation(CompensationAction.CUSTOM_ACTION, str(undo))

    @hookimpl
    def run_operation(self, operation: Operation, context: OperationContext) -> Outcome:
        """Ask once; with `poll`, an answer that is not as expected means to ask again later."""
        given, inquiry = operation.parameters, _inquiry(operation, operation.parameters)
        expectation = given.get("expect", {})
        try:
            answer = _exchange(operation, inquiry, context)
        except NetworkFailure as error:
            if "poll" not in given or not error.retryable:
                raise
            return Pending(given["poll"], {"last": error.message})
        amiss = _amiss(answer, expectation)
        if amiss is None:
            return Done(answer.as_dict())
        if "poll" in given:
            return Pending(given["poll"], {"last": f"{inquiry}: {amiss}"})
        raise _refusal(operation, inquiry, answer, amiss)

    @hookimpl
    def settle_operation(self, operation: Operation) -> Settlement:
        """Say that it may be sent again, when its method makes that harmless and the document says nothing else."""
        given = operation.parameters
        return Absent() if "on_doubt" not in given and given.get("method", "GET") in HARMLESS else Unsettled()

    @hookimpl
    def compensate_operation(self, operation: Operation, context: OperationContext) -> Outcome:
        """Send the request that undoes it; what a DELETE does not find is deleted already."""
        undo = _inquiry(operation, operation.parameters["undo"])
        answer = _exchange(operation, undo, context)
        amiss = _amiss(answer, {})
        if amiss is None or (undo.method == "DELETE" and answer.status in _GONE):
            return Done(answer.as_dict())
        raise _refusal(operation, undo, answer, amiss)


def _inquiry(operation: Operation, given: Mapping[str, Any]) -> Inquiry:
    try:
        return Inquiry.from_parameters(given)
    except ValueError as error:
        raise _unsendable(operation, error) from error


def _exchange(operation: Operation, inquiry: Inquiry, context: OperationContext) -> Answer:
    try:
        return exchange(inquiry, context)
    except ValueError as error:
        raise _unsendable(operation, error) from error


def _unsendable(operation: Operation, error: ValueError) -> OperationFailed:
    message = f"operation {operation.id}: the request cannot be sent: {error}"
    return OperationFailed(message, workflow_id=operation.workflow_id, hint="correct its url, headers or body")


def _amiss(answer: Answer, expectation: Mapping[str, Any]) -> str | None:
    """Return what is not as expected, or None when all is."""
    wanted = expectation.get("status")
    good = range(200, 300) if wanted is None else wanted if isinstance(wanted, list) else [wanted]
    if answer.status not in good:
        listing = "any from 200 to 299" if wanted is None else " or ".join(str(status) for status in good)
        return f"answered {answer.status}, expected {listing}"
    text = expectation.get("body_contains")
    return f"the body does not contain {text!r}" if text is not None and text not in answer.body else None


def _refusal(operation: Operation, inquiry: Inquiry, answer: Answer, amiss: str) -> OperationFailed:
    is_temporary = answer.status in _REFUSED_FOR_NOW or (answer.status >= 500 and inquiry.method in HARMLESS)
    return OperationFailed(
        f"operation {operation.id}: {inquiry}: {amiss}",
        workflow_id=operation.workflow_id,
        hint="set `expect` to what is right, or `poll` to wait for it",
        retryable=is_temporary,
        details={"status": answer.status, "body": answer.body[:_SHOWN]},
    )


HTTP_REQUEST = OperationKind(
    name="http_request",
    summary="send an HTTP request",
    parameters=_PARAMETERS,
    handler=_HttpRequest(),
    result=_RESULT,
    prepares=True,
    action=CompensationAction.CUSTOM_ACTION,
    undo="send the request given as `undo`, if there is one",
    on_doubt=OnDoubt.FAIL,
)
