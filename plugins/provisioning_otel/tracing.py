"""Spans of runs and operations: begun and ended by events, with ids that follow from their names."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, StatusCode, TraceFlags

from provisioning import __version__
from provisioning.contract import Event, EventKind
from provisioning.contract.trace import span_id, trace_id
from provisioning.errors import ProvisioningError
from provisioning_otel.names import undoing_of
from provisioning_otel.sender import Sender

__all__ = ["Tracing"]

_TAKEN_UP = (EventKind.WORKFLOW_STARTED, EventKind.WORKFLOW_RESUMED, EventKind.ROLLBACK_STARTED)
_BEGINNINGS = (EventKind.OPERATION_STARTED, EventKind.COMPENSATION_STARTED)

_ENDS: Mapping[str, bool] = {
    EventKind.OPERATION_SUCCEEDED: True,
    EventKind.OPERATION_FAILED: False,
    EventKind.OPERATION_COMPENSATED: True,
    EventKind.COMPENSATION_FAILED: False,
}
"""The events that end the span of an operation or of its undoing, and whether it went well."""

_UNDOING = (EventKind.COMPENSATION_STARTED, EventKind.OPERATION_COMPENSATED, EventKind.COMPENSATION_FAILED)
"""The events of an undoing, which has a span of its own."""

_RUN_ENDS: Mapping[str, bool] = {
    EventKind.WORKFLOW_COMPLETED: True,
    EventKind.WORKFLOW_FAILED: False,
    EventKind.ROLLBACK_COMPLETED: False,
    EventKind.ROLLBACK_FAILED: False,
}
"""The events that end a run's span; one that is interrupted goes on later, in the same trace."""


class _Named(IdGenerator):
    """Gives the ids that were asked for beforehand in this thread, and random ones else."""

    def __init__(self) -> None:
        self._next = threading.local()
        self._random = RandomIdGenerator()

    def give(self, trace_number: int | None, span_number: int) -> None:
        self._next.trace, self._next.span = trace_number, span_number

    def generate_trace_id(self) -> int:
        number, self._next.trace = getattr(self._next, "trace", None), None
        return self._random.generate_trace_id() if number is None else int(number)

    def generate_span_id(self) -> int:
        number, self._next.span = getattr(self._next, "span", None), None
        return self._random.generate_span_id() if number is None else int(number)


class Tracing:
    """Turns events into spans, which `sender` sends; several threads may tell of events, each of runs of its own.

    The tracer provider is its own: the process's global one is left to whoever embeds the program.
    """

    def __init__(self, sender: Sender, service_name: str | None = None) -> None:
        self._ids = _Named()
        self._sender = sender
        resource = _resource(service_name)
        self._provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(sender))
        self._tracer = self._provider.get_tracer("provisioning")
        self._runs: dict[str, Span] = {}
        self._operations: dict[tuple[str, str], Span] = {}
        self._taken_up: dict[str, float] = {}

    def hear(self, event: Event) -> None:
        """Begin or end what an event tells of; what was not heard to begin begins where it was first heard of."""
        if event.operation_id is not None:
            self._hear_of_operation(event, event.operation_id)
            return
        run = self._runs.get(event.workflow_id) or self._begin_run(event)
        if event.kind in _TAKEN_UP:
            self._taken_up[event.workflow_id] = event.at
        elif event.kind in _RUN_ENDS or event.kind == EventKind.WORKFLOW_INTERRUPTED:
            self._taken_up.pop(event.workflow_id, None)
        if (is_well := _RUN_ENDS.get(event.kind)) is not None:
            del self._runs[event.workflow_id]
            _end(run, event, is_well=is_well)

    @contextmanager
    def call(self, name: str, workflow_id: str, parent: str, attributes: Mapping[str, Any]) -> Iterator[None]:
        """Make a span of one call, below the operation's or that of its undoing, wherever that call is made.

        Of an error it tells the code alone: nobody has taken the secrets out of its message yet.
        """
        context = self._below(workflow_id, parent)
        with self._tracer.start_as_current_span(
            name, context, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                code = error.code if isinstance(error, ProvisioningError) else type(error).__name__
                span.set_attribute("provisioning.error.code", code)
                span.set_status(StatusCode.ERROR)
                raise

    def close(self, seconds: float) -> None:
        """Send what is there still, for so long at most."""
        self._sender.close(self._provider.shutdown, seconds)

    def _hear_of_operation(self, event: Event, operation_id: str) -> None:
        name = undoing_of(operation_id) if event.kind in _UNDOING else operation_id
        key = (event.workflow_id, name)
        is_well = _ENDS.get(event.kind)
        if event.kind == EventKind.COMPENSATION_STARTED:
            self._cut_off(event, operation_id)
        if event.kind not in _BEGINNINGS and is_well is None:
            self._note(event, operation_id)
            return
        span = self._operations.get(key) or self._begin_operation(event, operation_id, name)
        if event.kind == EventKind.OPERATION_STARTED:
            span.set_attributes(_flat(event.data))  # another attempt, or another place
        if is_well is not None:
            del self._operations[key]
            _end(span, event, is_well=is_well)

    def _cut_off(self, event: Event, operation_id: str) -> None:
        """End the span of an operation that is undone while it is under way."""
        span = self._operations.pop((event.workflow_id, operation_id), None)
        if span is not None:
            span.end(_nanoseconds(event.at))

    def _note(self, event: Event, operation_id: str) -> None:
        """Add what happened on the way to the span that is open; what a program writes is in the journal alone."""
        names = (undoing_of(operation_id), operation_id)
        span = next((found for name in names if (found := self._operations.get((event.workflow_id, name)))), None)
        if span is not None and event.kind != EventKind.OPERATION_OUTPUT:
            span.add_event(event.kind, _flat(event.data), _nanoseconds(event.at))

    def _begin_run(self, event: Event) -> Span:
        workflow_id = event.workflow_id
        self._ids.give(int(trace_id(workflow_id), 16), int(span_id(workflow_id), 16))
        attributes = {"provisioning.workflow_id": workflow_id, **_flat(event.data)}
        began = event.data.get("created_at")
        start = _nanoseconds(began if isinstance(began, float) else event.at)
        span = self._tracer.start_span("run", Context(), attributes=attributes, start_time=start)
        self._runs[workflow_id] = span
        return span

    def _begin_operation(self, event: Event, operation_id: str, name: str) -> Span:
        workflow_id = event.workflow_id
        parent = self._below(workflow_id, None)
        self._ids.give(None, int(span_id(workflow_id, name), 16))
        began = (
            event.at if event.kind in (*_BEGINNINGS, EventKind.OPERATION_FAILED) else self._taken_up.get(workflow_id)
        )
        attributes = {
            "provisioning.workflow_id": workflow_id,
            "provisioning.operation_id": operation_id,
            **_flat(event.data),
        }
        span = self._tracer.start_span(name, parent, attributes=attributes, start_time=_nanoseconds(began or event.at))
        self._operations[workflow_id, name] = span
        return span

    def _below(self, workflow_id: str, name: str | None) -> Context:
        """Return a context in which a span is the current one, wherever it is kept; sampled as its run is."""
        trace_number, span_number = int(trace_id(workflow_id), 16), int(span_id(workflow_id, name), 16)
        decision = self._provider.sampler.should_sample(Context(), trace_number, "run").decision
        flags = TraceFlags(TraceFlags.SAMPLED if decision is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT)
        above = SpanContext(trace_number, span_number, is_remote=True, trace_flags=flags)
        return trace.set_span_in_context(NonRecordingSpan(above), Context())


def _resource(service_name: str | None) -> Resource:
    """Return what sends the spans, as the environment says; the option wins, and there is always a name."""
    resource = Resource.create({SERVICE_VERSION: __version__})
    if service_name is None and str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        service_name = "provisioning"
    return resource if service_name is None else resource.merge(Resource({SERVICE_NAME: service_name}))


def _end(span: Span, event: Event, *, is_well: bool) -> None:
    span.set_attributes(_flat(event.data))
    if not is_well:
        error = event.data.get("error")
        span.set_status(StatusCode.ERROR, str(error.get("message")) if isinstance(error, Mapping) else event.kind)
    span.end(_nanoseconds(event.at))


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)


def _flat(data: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return what of an event's data can be an attribute."""
    found: dict[str, str | int | float | bool] = {}
    for name, value in data.items():
        if isinstance(value, str | int | float | bool) and name != "created_at":
            found[f"provisioning.{name}"] = value
        elif name == "error" and isinstance(value, Mapping):
            found["provisioning.error.code"] = str(value.get("code"))
            found["provisioning.error.message"] = str(value.get("message"))
    return found
