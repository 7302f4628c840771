"""The extension's one plugin: it hears of events and stands around calls."""

import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from provisioning.contract import Event, ExtensionContext, Operation, OperationContext, hookimpl
from provisioning.errors import ConfigurationError
from provisioning_otel.names import undoing_of

if TYPE_CHECKING:
    from provisioning_otel.tracing import Tracing

__all__ = ["OtelPlugin"]


class OtelPlugin:
    """Sends one trace for each run, whoever drives it, and whoever carries its operations out."""

    def __init__(self) -> None:
        self._tracing: Tracing | None = None

    @hookimpl
    def extension_activate(self, context: ExtensionContext) -> None:
        """Make what sends spans; it needs the extra."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

            from provisioning_otel.sender import Sender, receiver_of  # noqa: PLC0415 - the SDK is an extra
            from provisioning_otel.tracing import Tracing  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"it needs {error.name}, which is not installed: pip install 'provisioning[otel]'"
            ) from error
        seconds = float(context.options.get("flush_seconds", 3.0))
        endpoint = context.options.get("endpoint")
        sender = Sender(OTLPSpanExporter(endpoint=endpoint), receiver_of(endpoint, os.environ), context.logger)
        tracing = Tracing(sender, context.options.get("service_name"))
        self._tracing = tracing
        context.on_deactivate(lambda: tracing.close(seconds))

    @hookimpl
    def on_event(self, event: Event) -> None:
        """Begin and end spans."""
        if self._tracing is not None:
            self._tracing.hear(event)

    @hookimpl(wrapper=True)
    def run_operation(self, operation: Operation, context: OperationContext) -> Generator[None, Any, Any]:
        """Make a span of the call, in the process that makes it."""
        return (yield from self._around("run_operation", operation, context, operation.id))

    @hookimpl(wrapper=True)
    def compensate_operation(self, operation: Operation, context: OperationContext) -> Generator[None, Any, Any]:
        """Make a span of the call that undoes an operation."""
        return (yield from self._around("compensate_operation", operation, context, undoing_of(operation.id)))

    def _around(
        self, name: str, operation: Operation, context: OperationContext, parent: str
    ) -> Generator[None, Any, Any]:
        if self._tracing is None:
            return (yield)
        attributes = {"provisioning.kind": operation.kind, "provisioning.attempt": context.attempt}
        with self._tracing.call(name, operation.workflow_id, parent, attributes):
            return (yield)
