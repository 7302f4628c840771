"""Spans of runs and operations: begun and ended by events, with ids that follow from their names."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, StatusCode, TraceFlags

from provisioning.contract import Event, EventKind
from provisioning.contract.trace import span_id, trace_id

__all__ = ["Tracing"]

_BEGINNINGS = (EventKind.OPERATION_STARTED, EventKind.COMPENSATION_STARTED)

_ENDS: Mapping[str, bool] = {
    EventKind.OPERATION_SUCCEEDED: True,
    EventKind.OPERATION_FAILED: False,
    EventKind.OPERATION_SKIPPED: True,
    EventKind.OPERATION_COMPENSATED: True,
    EventKind.COMPENSATION_FAILED: False,
    EventKind.COMPENSATION_SKIPPED: True,
}
"""The events that end an operation's span, and whether it went well."""

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

    def give(self, trace_number: int, span_number: int) -> None:
        self._next.trace, self._next.span = trace_number, span_number

    def generate_trace_id(self) -> int:
        number, self._next.trace = getattr(self._next, "trace", None), None
        return self._random.generate_trace_id() if number is None else int(number)

    def generate_span_id(self) -> int:
        number, self._next.span = getattr(self._next, "span", None), None
        return self._random.generate_span_id() if number is None else int(number)


class Tracing:
    """Turns events into spans, which `exporter` sends."""

    def __init__(self, exporter: SpanExporter, service_name: str) -> None:
        self._ids = _Named()
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service_name}), id_generator=self._ids)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("provisioning")
        self._runs: dict[str, Span] = {}
        self._operations: dict[tuple[str, str], Span] = {}

    def hear(self, event: Event) -> None:
        """Begin or end what an event tells of; what was not heard to begin begins where it was first heard of."""
        if event.operation_id is not None:
            self._hear_of_operation(event, event.operation_id)
            return
        run = self._runs.get(event.workflow_id) or self._begin_run(event)
        if (is_well := _RUN_ENDS.get(event.kind)) is not None:
            del self._runs[event.workflow_id]
            _end(run, event, is_well=is_well)

    @contextmanager
    def call(self, name: str, workflow_id: str, operation_id: str, attributes: Mapping[str, Any]) -> Iterator[None]:
        """Make a span of one call, below its operation's, wherever that call is made."""
        parent = trace.set_span_in_context(NonRecordingSpan(_context(workflow_id, operation_id)), Context())
        with self._tracer.start_as_current_span(name, parent, attributes=dict(attributes)):
            yield

    def close(self, seconds: float) -> None:
        """Send what is there still, for so long at most."""
        self._provider.force_flush(int(seconds * 1000))
        self._provider.shutdown()

    def _hear_of_operation(self, event: Event, operation_id: str) -> None:
        key = (event.workflow_id, operation_id)
        is_well = _ENDS.get(event.kind)
        if event.kind not in _BEGINNINGS and is_well is None:
            if key in self._operations:
                self._operations[key].add_event(event.kind, _flat(event.data), _nanoseconds(event))
            return
        span = self._operations.get(key) or self._begin_operation(event, operation_id)
        if is_well is not None:
            del self._operations[key]
            _end(span, event, is_well=is_well)

    def _begin_run(self, event: Event) -> Span:
        workflow_id = event.workflow_id
        self._ids.give(int(trace_id(workflow_id), 16), int(span_id(workflow_id), 16))
        attributes = {"provisioning.workflow_id": workflow_id, **_flat(event.data)}
        span = self._tracer.start_span("run", Context(), attributes=attributes, start_time=_nanoseconds(event))
        self._runs[workflow_id] = span
        return span

    def _begin_operation(self, event: Event, operation_id: str) -> Span:
        workflow_id = event.workflow_id
        undoes = event.kind.startswith("Compensation") or event.kind == EventKind.OPERATION_COMPENSATED
        parent = trace.set_span_in_context(NonRecordingSpan(_context(workflow_id, None)), Context())
        name = f"undo {operation_id}" if undoes else operation_id
        self._ids.give(0, int(span_id(workflow_id, f"undo {operation_id}" if undoes else operation_id), 16))
        attributes = {
            "provisioning.workflow_id": workflow_id,
            "provisioning.operation_id": operation_id,
            **_flat(event.data),
        }
        span = self._tracer.start_span(name, parent, attributes=attributes, start_time=_nanoseconds(event))
        self._operations[workflow_id, operation_id] = span
        return span


def _context(workflow_id: str, operation_id: str | None) -> SpanContext:
    trace_number, span_number = int(trace_id(workflow_id), 16), int(span_id(workflow_id, operation_id), 16)
    return SpanContext(trace_number, span_number, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _end(span: Span, event: Event, *, is_well: bool) -> None:
    span.set_attributes(_flat(event.data))
    if not is_well:
        error = event.data.get("error")
        span.set_status(StatusCode.ERROR, str(error.get("message")) if isinstance(error, Mapping) else event.kind)
    span.end(_nanoseconds(event))


def _nanoseconds(event: Event) -> int:
    return int(event.at * 1e9)


def _flat(data: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return what of an event's data can be an attribute."""
    found: dict[str, str | int | float | bool] = {}
    for name, value in data.items():
        if isinstance(value, str | int | float | bool):
            found[f"provisioning.{name}"] = value
        elif name == "error" and isinstance(value, Mapping):
            found["provisioning.error.code"] = str(value.get("code"))
            found["provisioning.error.message"] = str(value.get("message"))
    return found
