"""The sender: hands finished spans to the exporter, and keeps its troubles away from everybody else.

The SDK's exporter tries again for seconds, and logs each failure. Here what is lost is told once and counted, and at
the end of the program a collector that was never reached is not waited for.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

__all__ = ["Sender", "receiver_of"]

_EXPORTERS = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class Sender(SpanExporter):
    """Sends by `exporter` to the collector that `receiver` names in the log. Never raises.

    Spans are sent one batch at a time, in a thread of the SDK's.
    """

    def __init__(self, exporter: SpanExporter, receiver: str, logger: logging.Logger) -> None:
        self._exporter = exporter
        self._receiver = receiver
        self._logger = logger
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._is_closing = self._is_shut = False
        self._has_arrived = self._has_failed = False
        self._told = 0
        self.lost = 0
        """How many spans could not be sent."""
        logging.getLogger(_EXPORTERS).addFilter(self._hear)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; what cannot be sent is counted."""
        self._thread = threading.get_ident()
        try:
            result = SpanExportResult.FAILURE if self._is_shut else self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not the run's trouble
            self._logger.debug("sending spans failed: %s", error)
            result = SpanExportResult.FAILURE
        finally:
            self._thread = None
        if result is SpanExportResult.SUCCESS:
            self._has_arrived = True
        else:
            self._lose(len(spans))
        return result

    def shutdown(self) -> None:
        """Send nothing more; an attempt that waits for its next one ends."""
        with self._lock:
            if self._is_shut:
                return
            self._is_shut = True
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002 - the SDK's face
        """Return that nothing waits here."""
        return True

    def close(self, finish: Callable[[], None], patience: float) -> None:
        """Let `finish` send what is left, for at most `patience` seconds, then give up; tell what was lost."""
        self._is_closing = True
        self._despair()
        thread = threading.Thread(target=finish, name="otel", daemon=True)
        thread.start()
        thread.join(patience)
        if thread.is_alive():
            self.shutdown()
            self._logger.warning("spans that were left could not be sent to %s in %g s", self._receiver, patience)
        elif self.lost > self._told:
            self._logger.warning("spans that could not be sent to %s: %d", self._receiver, self.lost)
        logging.getLogger(_EXPORTERS).removeFilter(self._hear)

    def _lose(self, count: int) -> None:
        self.lost += count
        self._has_failed = True
        if not self._told:
            self._told = self.lost
            self._logger.warning(
                "spans could not be sent to %s: %d are lost, further ones are counted; runs go on as they would",
                self._receiver,
                count,
            )

    def _hear(self, record: logging.LogRecord) -> bool:
        """Keep what the exporter logs of our spans for those who ask for more; every attempt that fails is among it."""
        if record.thread != self._thread or record.levelno < logging.WARNING:
            return True
        self._has_failed = True
        self._logger.debug("%s", record.getMessage())
        self._despair()
        return False

    def _despair(self) -> None:
        """Give up at the end, where no span has ever arrived."""
        if self._is_closing and self._has_failed and not self._has_arrived:
            self.shutdown()


def receiver_of(endpoint: str | None, environ: Mapping[str, str]) -> str:
    """Return what may be logged of the collector's URL: the rest of it may be a secret."""
    names = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    said = [environ[name] for name in names if environ.get(name)]
    parts = urlsplit(endpoint or next(iter(said), "http://localhost:4318"))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
